using System.Runtime.CompilerServices;
using System.Text;

namespace Kappa.Numerics;

/// <summary>A counter-based random sequence (Philox 4×32-10) called by a seed and
/// a name: number i depends on (seed, name, i) and on nothing else.</summary>
/// <remarks>
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011). The seed is the key, a 64-bit hash of the
/// name the upper half of the counter, the index the lower half. So the order in which numbers are drawn, and the thread that draws
/// them, never change a value. Immutable and thread-safe. Not for cryptography.
/// </remarks>
public readonly struct RandomSequence
{
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;
    private const double UnitOf53Bits = 1.0 / (1L << 53);

    private readonly ulong _nameHash;

    /// <summary>The sequence called <paramref name="name"/> of <paramref name="seed"/>.</summary>
    /// <param name="seed">Any integer.</param>
    /// <param name="name">What the numbers are for, for example <c>data.inputs</c> or <c>initialisation.blocks.0.query</c>.</param>
    public RandomSequence(long seed, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Seed = seed;
        Name = name;
        _nameHash = Hash(name);
    }

    /// <summary>The seed.</summary>
    public long Seed { get; }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>128 uniform bits: block <paramref name="index"/> of the sequence.</summary>
    /// <param name="index">Block number.</param>
    public (ulong First, ulong Second) Block(long index)
    {
        (uint x0, uint x1, uint x2, uint x3) = Permute(
            (uint)index, (uint)(index >>> 32), (uint)_nameHash, (uint)(_nameHash >> 32), (uint)Seed, (uint)(Seed >>> 32));
        return (x0 | ((ulong)x1 << 32), x2 | ((ulong)x3 << 32));
    }

    /// <summary>An integer uniform on 0 … <paramref name="bound"/> − 1, without modulo bias above 2⁻⁶⁴·bound.</summary>
    /// <param name="index">Number in the sequence.</param>
    /// <param name="bound">Exclusive upper bound, positive.</param>
    public long Below(long index, long bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (long)Math.BigMul(Block(index).First, (ulong)bound, out _);
    }

    /// <summary>Fills <paramref name="destination"/> with numbers uniform on [0, 1),
    /// 53 bits each: element k is number <paramref name="start"/> + k.</summary>
    /// <param name="destination">Where they go.</param>
    /// <param name="start">Number of the first one.</param>
    public void FillUniform(Span<double> destination, long start = 0)
    {
        for (int k = 0; k < destination.Length; k++)
        {
            (ulong first, ulong second) = Block((start + k) >> 1);
            destination[k] = (((start + k) & 1) == 0 ? first >> 11 : second >> 11) * UnitOf53Bits;
        }
    }

    /// <summary>Fills <paramref name="destination"/> with independent N(0, 1) numbers
    /// (Box–Muller): element k is number <paramref name="start"/> + k.</summary>
    /// <param name="destination">Where they go.</param>
    /// <param name="start">Number of the first one.</param>
    public void FillGaussian(Span<double> destination, long start = 0)
    {
        for (int k = 0; k < destination.Length; k++)
        {
            (ulong first, ulong second) = Block((start + k) >> 1);

            // 1 − u lies in (0, 1], so the logarithm is finite.
            double radius = Math.Sqrt(-2 * Math.Log(1 - ((first >> 11) * UnitOf53Bits)));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * ((second >> 11) * UnitOf53Bits));
            destination[k] = radius * (((start + k) & 1) == 0 ? cosine : sine);
        }
    }

    /// <summary>The Philox 4×32-10 permutation of a 128-bit counter under a 64-bit key.</summary>
    internal static (uint X0, uint X1, uint X2, uint X3) Permute(uint x0, uint x1, uint x2, uint x3, uint key0, uint key1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)Multiplier0 * x0;
            ulong product1 = (ulong)Multiplier1 * x2;
            (x0, x1, x2, x3) = ((uint)(product1 >> 32) ^ x1 ^ key0, (uint)product1, (uint)(product0 >> 32) ^ x3 ^ key1, (uint)product0);
            key0 += Weyl0;
            key1 += Weyl1;
        }

        return (x0, x1, x2, x3);
    }

    // FNV-1a over UTF-8, then the SplitMix64 finaliser to spread the short names over all bits.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Hash(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte character in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ character) * 0x100000001B3;
        }

        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        return hash ^ (hash >> 31);
    }
}
