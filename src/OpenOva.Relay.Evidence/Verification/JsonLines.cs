namespace OpenOva.Relay.Evidence.Verification;

/// <summary>Lines of JSON, each ended by one line feed, in bounded memory.</summary>
internal static class JsonLines
{
    /// <summary>The lines without their line feeds; each is good until the next is asked for.</summary>
    /// <exception cref="EvidenceFormatException">A line is too long, or the last one has no line feed.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(Stream from, string what, int mostBytes)
    {
        var buffer = new byte[128 * 1024];
        var (start, end) = (0, 0);
        while (true)
        {
            var feed = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if ((feed < 0 ? end - start : feed) > mostBytes) throw new EvidenceFormatException($"{what}: a line is longer than {mostBytes} bytes");
            if (feed >= 0)
            {
                yield return buffer.AsMemory(start, feed);
                start += feed + 1;
                continue;
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length) Array.Resize(ref buffer, 2 * buffer.Length);
            var read = from.Read(buffer, end, buffer.Length - end);
            if (read == 0) break;
            end += read;
        }

        if (end > start) throw new EvidenceFormatException($"{what}: the last line has no line feed");
    }
}
