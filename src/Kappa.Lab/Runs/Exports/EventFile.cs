using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Kappa.Lab.Runs.Exports;

/// <summary>Writes scalars as a TensorBoard event file: records of length, checksum,
/// message, checksum, the message in the wire format of protocol buffers.</summary>
/// <remarks>
/// <para>Record: length (uint64), masked CRC-32C of these 8 bytes (uint32), message, masked
/// CRC-32C of it (uint32), little-endian. Masked: rotate right by 15, add 0xA282EAD8.</para>
/// <para>Event: 1 wall time (double), 2 step (int64), 3 file version (string), 5 summary. Summary: 1 value, repeated. Value: 1 tag
/// (string), 2 number (float). TensorBoard keeps single precision: use another export for the digits.</para>
/// </remarks>
internal sealed class EventFile(Stream stream)
{
    private const uint MaskDelta = 0xA282EAD8;
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    private readonly ArrayBufferWriter<byte> _event = new();
    private readonly ArrayBufferWriter<byte> _summary = new();
    private readonly ArrayBufferWriter<byte> _value = new();

    /// <summary>Begins the file: its first event states the version.</summary>
    public void Begin(double wallTime)
    {
        _event.ResetWrittenCount();
        Number(_event, 1, wallTime);
        Text(_event, 3, "brain.Event:2");
        Record();
    }

    /// <summary>Writes the scalars of one step.</summary>
    /// <param name="wallTime">Seconds since 1970.</param>
    /// <param name="step">The step.</param>
    /// <param name="scalars">Tag and value.</param>
    public void Write(double wallTime, long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        _event.ResetWrittenCount();
        _summary.ResetWrittenCount();
        Number(_event, 1, wallTime);
        Key(_event, 2, Varint);
        Integer(_event, (ulong)step);
        foreach ((string tag, double value) in scalars)
        {
            _value.ResetWrittenCount();
            Text(_value, 1, tag);
            Number(_value, 2, (float)value);
            Message(_summary, 1, _value);
        }

        Message(_event, 5, _summary);
        Record();
    }

    /// <summary>The checksum of a record: CRC-32C, rotated and shifted so that a checksum of checksums stays one.</summary>
    internal static uint MaskedChecksum(ReadOnlySpan<byte> bytes)
    {
        uint state = uint.MaxValue;
        foreach (byte value in bytes)
            state = BitOperations.Crc32C(state, value);
        return unchecked(BitOperations.RotateRight(~state, 15) + MaskDelta);
    }

    private void Record()
    {
        ReadOnlySpan<byte> message = _event.WrittenSpan;
        Span<byte> length = stackalloc byte[8], checksum = stackalloc byte[4];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)message.Length);
        stream.Write(length);
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, MaskedChecksum(length));
        stream.Write(checksum);
        stream.Write(message);
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, MaskedChecksum(message));
        stream.Write(checksum);
    }

    private static void Key(ArrayBufferWriter<byte> to, int field, int type) => Byte(to, (byte)((field << 3) | type));

    private static void Number(ArrayBufferWriter<byte> to, int field, double value)
    {
        Key(to, field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(to.GetSpan(sizeof(double)), value);
        to.Advance(sizeof(double));
    }

    private static void Number(ArrayBufferWriter<byte> to, int field, float value)
    {
        Key(to, field, Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(to.GetSpan(sizeof(float)), value);
        to.Advance(sizeof(float));
    }

    private static void Text(ArrayBufferWriter<byte> to, int field, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Key(to, field, Bytes);
        Integer(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    private static void Message(ArrayBufferWriter<byte> to, int field, ArrayBufferWriter<byte> message)
    {
        Key(to, field, Bytes);
        Integer(to, (ulong)message.WrittenCount);
        to.Write(message.WrittenSpan);
    }

    // Seven bits a byte, the lowest first; the top bit says that more follow.
    private static void Integer(ArrayBufferWriter<byte> to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte(to, (byte)(value | 0x80));
        Byte(to, (byte)value);
    }

    private static void Byte(ArrayBufferWriter<byte> to, byte value)
    {
        to.GetSpan(1)[0] = value;
        to.Advance(1);
    }
}
