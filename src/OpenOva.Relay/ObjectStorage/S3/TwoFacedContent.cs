namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>Yields other bytes once it was read to its end: the signature then promises a hash that the sent bytes do not have.</summary>
internal sealed class TwoFacedContent(byte[] bytes) : MemoryStream([.. bytes], 0, bytes.Length, writable: true, publiclyVisible: true)
{
    private bool _read;

    public override int Read(byte[] buffer, int offset, int count)
    {
        // All of MemoryStream's other reads come here.
        var read = base.Read(buffer, offset, count);
        if (!_read && Position == Length)
        {
            _read = true;
            GetBuffer()[0] ^= 1;
        }

        return read;
    }
}
