namespace OpenOva.Relay.Evidence.Recording;

/// <summary>The CRC-32 of gzip and ZIP (RFC 1952 section 8).</summary>
public sealed class Crc32
{
    private static readonly uint[][] Tables = MakeTables();
    private uint _state = 0xFFFFFFFF;

    /// <summary>The CRC of what was appended.</summary>
    public uint Value => ~_state;

    /// <summary>Reads on.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        var crc = _state;
        // Four bytes a step: one table lookup a byte would be slower than the digests beside it.
        while (data.Length >= 4)
        {
            crc ^= BitConverter.ToUInt32(data);
            crc = Tables[3][crc & 0xFF] ^ Tables[2][crc >> 8 & 0xFF] ^ Tables[1][crc >> 16 & 0xFF] ^ Tables[0][crc >> 24];
            data = data[4..];
        }

        foreach (var b in data) crc = Tables[0][(crc ^ b) & 0xFF] ^ (crc >> 8);
        _state = crc;
    }

    private static uint[][] MakeTables()
    {
        var tables = new uint[4][];
        for (var t = 0; t < tables.Length; t++)
        {
            tables[t] = new uint[256];
            for (var i = 0u; i < 256; i++)
            {
                if (t > 0)
                {
                    tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 0xFF];
                    continue;
                }

                var crc = i;
                for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
                tables[t][i] = crc;
            }
        }

        return tables;
    }
}
