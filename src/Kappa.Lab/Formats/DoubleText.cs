using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kappa.Lab.Formats;

/// <summary>Writes a double as the framework's invariant format <c>R</c> does, and reads it back, several
/// times as fast: numbers are most of what a sweep of tiny runs writes and an index reads.</summary>
/// <remarks>The bytes written are the same but for ±2⁻²⁵ and ±2⁻⁹⁵⁸, where
/// the framework's text does not read back to the same bits.</remarks>
internal static class DoubleText
{
    /// <summary>Bytes of the longest text, <c>-2.2250738585072014E-308</c>.</summary>
    public const int Longest = 24;

    // Up to 17 places before the point are written out, and down to 10^(−4) behind it; beyond with an exponent.
    private const int MostPlaces = 17;
    private const int FewestPlaces = -3;

    // As many always fit into 64 bits.
    private const int MostDigits = 19;
    private const int MostExponentDigits = 3;

    private const int AllDigits = 17;
    private const ulong EightDigits = 100_000_000;
    private const double LargestShortInteger = 1e9;

    private static readonly ulong[] s_powers = [.. Enumerable.Range(0, 20).Select(e => (ulong)BigInteger.Pow(10, e))];

    /// <summary>Writes the shortest text that reads back to the same bits.</summary>
    /// <param name="value">Any double.</param>
    /// <param name="text">Of at least <see cref="Longest"/> bytes; those behind the text may change as well.</param>
    /// <returns>How many bytes it has.</returns>
    public static int Write(double value, Span<byte> text)
    {
        if (!double.IsFinite(value))
            return WithoutDigits(value, text);
        text[0] = (byte)'-';
        int sign = double.IsNegative(value) ? 1 : 0;
        if (value == 0)
        {
            text[sign] = (byte)'0';
            return sign + 1;
        }

        (ulong digits, int exponent) = IsShortInteger(value) ? new((ulong)Math.Abs(value), 0) : ShortestDecimal.Of(value);
        int count = CountOf(digits);
        int places = count + exponent;

        // With zeros behind them they are always 17, at the same place of the same words.
        ulong all = digits * s_powers[AllDigits - count];
        Span<byte> unsigned = text[sign..];
        return sign + (places is > MostPlaces or < FewestPlaces
            ? WithExponent(all, count, places - 1, unsigned)
            : places <= 0 ? Fraction(all, count, -places, unsigned)
            : places < count ? WithPoint(all, count, places, unsigned)
            : Integer(all, places, unsigned));
    }

    /// <summary>Reads a number to the same bits as the framework, of any text
    /// that the framework takes with <see cref="NumberStyles.Float"/>.</summary>
    /// <param name="text">The whole of it is the number.</param>
    /// <param name="value">The number.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, out double value) =>
        TryReadPlain(text, out value) || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    // In line with the rest it would make every call prepare the framework's large frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int WithoutDigits(double value, Span<byte> text)
    {
        _ = value.TryFormat(text, out int written, "R", CultureInfo.InvariantCulture);
        return written;
    }

    // Steps and ranks: all their digits are needed, and the zeros at their end are zeros of the shortest decimal as well.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsShortInteger(double value) => Math.Abs(value) < LargestShortInteger && value == Math.Truncate(value);

    // d.ddddE-05
    private static int WithExponent(ulong all, int count, int exponent, Span<byte> text)
    {
        int end = WithPoint(all, count, 1, text) - (count == 1 ? 1 : 0);
        text[end++] = (byte)'E';
        text[end++] = exponent < 0 ? (byte)'-' : (byte)'+';
        int size = Math.Abs(exponent);
        if (size >= 100)
            text[end++] = (byte)('0' + (size / 100));
        text[end++] = (byte)('0' + (size / 10 % 10));
        text[end++] = (byte)('0' + (size % 10));
        return end;
    }

    // 0.00dddd
    private static int Fraction(ulong all, int count, int zeros, Span<byte> text)
    {
        "0.000"u8.CopyTo(text);
        WriteDigits(all, text[(2 + zeros)..]);
        return 2 + zeros + count;
    }

    // dd.dd
    private static int WithPoint(ulong all, int count, int places, Span<byte> text)
    {
        WriteDigits(all, text[1..]);
        for (int k = 0; k < places; k++)
            text[k] = text[k + 1];
        text[places] = (byte)'.';
        return count + 1;
    }

    // dddd00
    private static int Integer(ulong all, int places, Span<byte> text)
    {
        WriteDigits(all, text);
        return places;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountOf(ulong digits)
    {
        int atLeast = ((BitOperations.Log2(digits) + 1) * 1233) >> 12;
        return atLeast + (digits >= s_powers[atLeast] ? 1 : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteDigits(ulong all, Span<byte> text)
    {
        ulong upper = all / EightDigits, first = upper / EightDigits;
        text[0] = (byte)('0' + first);
        BinaryPrimitives.WriteUInt64LittleEndian(text[1..], Eight(upper - (first * EightDigits)));
        BinaryPrimitives.WriteUInt64LittleEndian(text[9..], Eight(all - (upper * EightDigits)));
    }

    // Splits eight digits into two of four, those into pairs and those into
    // digits, in the lanes of one word; the first digit is the lowest byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Eight(ulong digits)
    {
        ulong four = digits / 10_000;
        ulong lanes = four | ((digits - (four * 10_000)) << 32);
        ulong two = ((lanes * 10_486) >> 20) & 0x0000_007F_0000_007F;
        lanes = two | ((lanes - (two * 100)) << 16);
        ulong one = ((lanes * 103) >> 10) & 0x000F_000F_000F_000F;
        lanes = one | ((lanes - (one * 10)) << 8);
        return lanes + 0x3030_3030_3030_3030;
    }

    // What Write makes: -ddd.dddE-dd, without point or exponent perhaps.
    private static bool TryReadPlain(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        bool isNegative = text.Length > 0 && text[0] == (byte)'-';
        ReadOnlySpan<byte> rest = isNegative ? text[1..] : text;
        ulong digits = 0;
        int before = TakeDigits(ref rest, ref digits, MostDigits), behind = 0;
        if (rest.Length > 0 && rest[0] == (byte)'.')
        {
            // Zeros before the first digit that counts are no digits.
            rest = rest[1..];
            int length = rest.Length;
            if (digits == 0)
                rest = rest.TrimStart((byte)'0');
            int zeros = length - rest.Length;
            behind = zeros + TakeDigits(ref rest, ref digits, digits == 0 ? MostDigits : MostDigits - before);
        }

        int exponent = 0;
        if (before == 0 || (rest.Length > 0 && !TryTakeExponent(ref rest, out exponent)) || rest.Length > 0)
            return false;
        if (!NearestDouble.TryFind(digits, exponent - behind, out value))
            return false;
        value = isNegative ? -value : value;
        return true;
    }

    private static bool TryTakeExponent(ref ReadOnlySpan<byte> rest, out int exponent)
    {
        exponent = 0;
        if ((rest[0] | 0x20) != 'e' || rest.Length < 3 || rest[1] is not ((byte)'+' or (byte)'-'))
            return false;
        bool isNegative = rest[1] == (byte)'-';
        rest = rest[2..];
        ulong size = 0;
        bool hasDigits = TakeDigits(ref rest, ref size, MostExponentDigits) > 0;
        exponent = isNegative ? -(int)size : (int)size;
        return hasDigits;
    }

    // Takes at most so many digits from the beginning, eight at once where there are.
    private static int TakeDigits(ref ReadOnlySpan<byte> rest, ref ulong digits, int most)
    {
        int taken = 0;
        while (most - taken >= 8 && rest.Length - taken >= 8)
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(rest[taken..]);
            if (!AreDigits(word))
                break;
            digits = (digits * EightDigits) + EightOf(word);
            taken += 8;
        }

        for (uint digit; taken < most && taken < rest.Length && (digit = rest[taken] - (uint)'0') <= 9; taken++)
            digits = (digits * 10) + digit;
        rest = rest[taken..];
        return taken;
    }

    // 0x30 to 0x39: the upper half is 3, and is still after adding 6 to the lower one.
    private static bool AreDigits(ulong word) =>
        (word & 0xF0F0_F0F0_F0F0_F0F0) == 0x3030_3030_3030_3030
            && ((word + 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0) == 0x3030_3030_3030_3030;

    // The way of Eight backwards: digits join to pairs, pairs to fours and those
    // to eight, in the lanes of one word; the first digit is the lowest byte.
    private static ulong EightOf(ulong word)
    {
        ulong lanes = word - 0x3030_3030_3030_3030;
        lanes = ((lanes * 10) + (lanes >> 8)) & 0x00FF_00FF_00FF_00FF;
        lanes = ((lanes * 100) + (lanes >> 16)) & 0x0000_FFFF_0000_FFFF;
        return ((lanes & 0xFFFF) * 10_000) + (lanes >> 32);
    }
}
