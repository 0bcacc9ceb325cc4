using Kappa.Numerics;

namespace Kappa.Lab.Data;

/// <summary>Successive numbers of one named random sequence, for generators that do not know beforehand how many they need.</summary>
/// <remarks>Draw k is block k of the sequence whatever its kind. One
/// generator, one thread; equal seed and name give equal numbers.</remarks>
/// <param name="seed">Any integer.</param>
/// <param name="name">What the numbers are for.</param>
internal sealed class RandomDraws(long seed, string name)
{
    private const double UnitOf53Bits = 1.0 / (1L << 53);

    private readonly RandomSequence _sequence = new(seed, name);
    private long _next;

    /// <summary>Uniform on [0, 1).</summary>
    internal double Uniform() => (_sequence.Block(_next++).First >> 11) * UnitOf53Bits;

    /// <summary>Uniform on [<paramref name="low"/>, <paramref name="high"/>).</summary>
    internal double Between(double low, double high) => low + ((high - low) * Uniform());

    /// <summary>An integer uniform on 0 … <paramref name="bound"/> − 1.</summary>
    internal int Below(int bound) => (int)_sequence.Below(_next++, bound);

    /// <summary>True with this probability.</summary>
    internal bool Chance(double probability) => Uniform() < probability;

    /// <summary>One of the items, each as likely.</summary>
    internal T Choose<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Puts the items into a random order (Fisher and Yates).</summary>
    internal void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = Below(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }
}
