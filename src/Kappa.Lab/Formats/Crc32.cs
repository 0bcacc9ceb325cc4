namespace Kappa.Lab.Formats;

/// <summary>The checksum of zip, gzip and PNG: CRC-32 of ISO 3309, reflected polynomial 0xEDB88320.</summary>
internal struct Crc32
{
    private static readonly uint[] Table = MakeTable();

    private uint _value;

    /// <summary>The checksum of all bytes so far; 0 of none.</summary>
    internal readonly uint Value => _value;

    /// <summary>The checksum of <paramref name="bytes"/>.</summary>
    internal static uint Of(ReadOnlySpan<byte> bytes)
    {
        Crc32 checksum = default;
        checksum.Append(bytes);
        return checksum.Value;
    }

    /// <summary>Takes in further bytes.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        uint state = ~_value;
        foreach (byte value in bytes)
        {
            state = Table[(byte)(state ^ value)] ^ (state >> 8);
        }

        _value = ~state;
    }

    private static uint[] MakeTable()
    {
        uint[] table = new uint[256];
        for (uint index = 0; index < 256; index++)
        {
            uint value = index;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            }

            table[index] = value;
        }

        return table;
    }
}
