using System.Text;

namespace Kappa.Lab.Tests.Runs.Exports;

/// <summary>Reads TensorBoard event files the slow way: checksums bit by bit,
/// messages as lists of fields. Shares no code with the writer.</summary>
internal sealed class PlainEventReader(byte[] bytes)
{
    private int _at;

    public static List<(double Time, long Step, string? Version, List<(string Tag, float Value)> Scalars)> Read(byte[] bytes)
    {
        var events = new List<(double, long, string?, List<(string, float)>)>();
        for (var reader = new PlainEventReader(bytes); reader._at < bytes.Length;)
            events.Add(Event(reader.Record()));
        return events;
    }

    /// <summary>CRC-32C by its definition: division by the reflected polynomial 0x82F63B78, a bit at a time.</summary>
    public static uint Checksum(IEnumerable<byte> bytes)
    {
        uint remainder = 0xFFFFFFFF;
        foreach (byte value in bytes)
        {
            remainder ^= value;
            for (int bit = 0; bit < 8; bit++)
                remainder = (remainder >> 1) ^ ((remainder & 1) == 1 ? 0x82F63B78 : 0);
        }

        return ~remainder;
    }

    private byte[] Record()
    {
        byte[] length = Take(8);
        Require(length);
        byte[] message = Take(checked((int)BitConverter.ToUInt64(length)));
        Require(message);
        return message;
    }

    private void Require(byte[] content)
    {
        uint checksum = Checksum(content), stored = BitConverter.ToUInt32(Take(4));
        if (stored != unchecked(((checksum >> 15) | (checksum << 17)) + 0xA282EAD8))
            throw new InvalidDataException($"checksum at byte {_at}");
    }

    private byte[] Take(int count)
    {
        if (count < 0 || _at + count > bytes.Length)
            throw new InvalidDataException($"torn at byte {_at}");
        _at += count;
        return bytes[(_at - count).._at];
    }

    private static (double, long, string?, List<(string, float)>) Event(byte[] message)
    {
        (double time, long step, string? version, List<(string, float)> scalars) = (0, 0, null, []);
        foreach ((int field, object value) in Fields(message))
        {
            switch (field)
            {
                case 1: time = BitConverter.ToDouble((byte[])value); break;
                case 2: step = (long)(ulong)value; break;
                case 3: version = Encoding.UTF8.GetString((byte[])value); break;
                case 5: scalars = [.. Fields((byte[])value).Select(part => Scalar((byte[])part.Value))]; break;
                default: throw new InvalidDataException($"field {field}");
            }
        }

        return (time, step, version, scalars);
    }

    private static (string, float) Scalar(byte[] message)
    {
        Dictionary<int, object> fields = Fields(message).ToDictionary(field => field.Number, field => field.Value);
        return (Encoding.UTF8.GetString((byte[])fields[1]), BitConverter.ToSingle((byte[])fields[2]));
    }

    private static List<(int Number, object Value)> Fields(byte[] message)
    {
        var fields = new List<(int, object)>();
        for (var reader = new PlainEventReader(message); reader._at < message.Length;)
        {
            ulong key = reader.Varint();
            fields.Add(((int)(key / 8), (key % 8) switch
            {
                0 => reader.Varint(),
                1 => reader.Take(8),
                2 => reader.Take((int)reader.Varint()),
                5 => reader.Take(4),
                _ => throw new InvalidDataException($"wire type {key % 8}"),
            }));
        }

        return fields;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Take(1)[0];
            value += (ulong)(next % 128) << shift;
            if (next < 128)
                return value;
        }
    }
}
