using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

/// <summary>Deterministic mutations of a valid file: the reader gives a value
/// or throws <see cref="BadInputException"/>, and nothing else.</summary>
internal static class ReaderFuzz
{
    private static readonly byte[] Interesting = [
        0x00, 0x01, 0x7F, 0x80, 0xFF, (byte)'(', (byte)')', (byte)'[', (byte)'{', (byte)'}', (byte)'\'', (byte)'"', (byte)'9', (byte)'-',
        (byte)',', (byte)'\\'];

    /// <summary>How many mutations a test makes: as many as it says, or as the
    /// environment variable <c>KAPPA_FUZZ_CASES</c> asks for when that is more.</summary>
    internal static int Cases(int usual) =>
        Math.Max(usual, int.TryParse(Environment.GetEnvironmentVariable("KAPPA_FUZZ_CASES"), out int asked) ? asked : 0);

    /// <summary>Runs <paramref name="cases"/> mutations and every truncation; returns how many were refused.</summary>
    internal static int Run(byte[] valid, string name, int cases, Action<Stream> read)
    {
        int refused = RunTruncations(valid, read);
        Assert.Equal(valid.Length, refused);
        return refused + RunMutations(valid, name, cases, read);
    }

    /// <summary>The truncations alone; returns how many were refused.</summary>
    internal static int RunTruncations(byte[] valid, Action<Stream> read) =>
        Enumerable.Range(0, valid.Length).Count(length => Refuses(valid[..length], read));

    /// <summary>The mutations alone, for what is still valid when cut off; returns how many were refused.</summary>
    internal static int RunMutations(byte[] valid, string name, int cases, Action<Stream> read)
    {
        RandomSequence random = new(1, $"fuzz.{name}");
        return Enumerable.Range(0, cases).Count(k => Refuses(Mutate(valid, random, k), read));
    }

    private static bool Refuses(byte[] bytes, Action<Stream> read)
    {
        try
        {
            using MemoryStream stream = new(bytes);
            read(stream);
            return false;
        }
        catch (BadInputException)
        {
            return true;
        }
    }

    // One to four places: a bit flipped, a byte replaced by a telling one, a byte inserted, a byte removed.
    private static byte[] Mutate(byte[] valid, RandomSequence random, int number)
    {
        List<byte> bytes = [.. valid];
        int changes = 1 + (int)random.Below(16L * number, 4);
        for (int change = 0; change < changes; change++)
        {
            long index = (16L * number) + 1 + (3 * change);
            int place = (int)random.Below(index, bytes.Count);
            byte telling = Interesting[random.Below(index + 1, Interesting.Length)];
            switch (random.Below(index + 2, 4))
            {
                case 0: bytes[place] ^= (byte)(1 << (telling & 7)); break;
                case 1: bytes[place] = telling; break;
                case 2: bytes.Insert(place, telling); break;
                default: bytes.RemoveAt(place); break;
            }
        }

        return [.. bytes];
    }
}
