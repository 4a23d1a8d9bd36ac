using System.Buffers.Binary;

namespace OpenOva.Relay.Evidence.Spool;

/// <summary>A place in a spool file that holds no readable frame although readable ones follow, or where the next file of the same life follows.</summary>
public sealed record SpoolDamage(long File, long Offset);

/// <summary>Reads what a replica left behind.</summary>
public static class SpoolReader
{
    /// <summary>Reads every frame of every file in order.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="frame">Receives each frame and where it stands. Its payload is valid during the call.</param>
    /// <param name="damage">Receives what cannot be read and is not just the unfinished end of a life's last file.</param>
    public static void ReadAll(ISpoolFolder folder, Action<SpoolFrame, SpoolPosition> frame, Action<SpoolDamage> damage)
    {
        var files = folder.List();
        foreach (var number in files)
        {
            using var file = folder.Open(number);
            var offset = 0L;
            while (offset < file.Length)
            {
                if (ReadFrame(file, offset, out var next) is { } read)
                {
                    frame(read, new(number, offset));
                    offset = next;
                    continue;
                }

                var resumed = FindNext(file, offset + 1);
                // Within one life of a replica a file is synced before the next is begun, and the numbers have no gap but between two lives: only
                // there, and at the very end, can an end be unfinished.
                if (resumed is not null || files.Contains(number + 1)) damage(new(number, offset));
                offset = resumed ?? file.Length;
            }
        }
    }

    /// <summary>Reads the frame at an offset; null when there is none that is whole and right.</summary>
    public static SpoolFrame? ReadFrame(ISpoolFile file, long offset, out long next)
    {
        next = offset;
        Span<byte> prefix = stackalloc byte[SpoolFrame.PrefixBytes];
        if (file.ReadAt(offset, prefix) < prefix.Length || BinaryPrimitives.ReadUInt32LittleEndian(prefix) != SpoolFrame.Magic) return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(prefix[4..]);
        if (length is < SpoolFrame.BodyHeaderBytes or > SpoolFrame.MaxBodyBytes) return null;
        var body = new byte[length];
        if (file.ReadAt(offset + SpoolFrame.PrefixBytes, body) < length) return null;
        if (SpoolFrame.Crc32C(body) != BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..])) return null;
        next = offset + SpoolFrame.PrefixBytes + length;
        return SpoolFrame.ReadBody(body);
    }

    private static long? FindNext(ISpoolFile file, long from)
    {
        var window = new byte[64 * 1024];
        for (var at = from; at < file.Length; at += window.Length - 3)
        {
            var read = file.ReadAt(at, window);
            for (var i = 0; i + 4 <= read; i++)
            {
                if (BinaryPrimitives.ReadUInt32LittleEndian(window.AsSpan(i)) == SpoolFrame.Magic && ReadFrame(file, at + i, out _) is not null) return at + i;
            }
        }

        return null;
    }
}
