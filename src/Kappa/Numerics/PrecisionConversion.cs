using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Doubles to singles and back: weights are kept in double precision also where a step is computed in single.</summary>
/// <remarks>Narrowing rounds to nearest, to infinity above 3.4e38; widening is
/// exact. NaN stays NaN. An element's result does not depend on its place.</remarks>
internal static class PrecisionConversion
{
    /// <summary>target ← source, rounded.</summary>
    /// <param name="source">Doubles [n].</param>
    /// <param name="target">Singles [n].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Narrow(ReadOnlySpan<double> source, Span<float> target)
    {
        RequireEqual(source.Length, target.Length);
        ref double from = ref MemoryMarshal.GetReference(source);
        ref float to = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i <= target.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Vector512<double> low = Vector512.LoadUnsafe(ref from, (nuint)i),
                high = Vector512.LoadUnsafe(ref from, (nuint)(i + Vector512<double>.Count));
            Vector512.Narrow(low, high).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < target.Length; i++)
        {
            target[i] = (float)source[i];
        }
    }

    /// <summary>target ← source.</summary>
    /// <param name="source">Singles [n].</param>
    /// <param name="target">Doubles [n].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Widen(ReadOnlySpan<float> source, Span<double> target) => Run<Copy>(source, target);

    /// <summary>sum ← sum + term, in double precision: adds one shard's gradient to those before it.</summary>
    /// <param name="term">Singles [n].</param>
    /// <param name="sum">Doubles [n].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddWidened(ReadOnlySpan<float> term, Span<double> sum) => Run<Addition>(term, sum);

    private static void Run<TUse>(ReadOnlySpan<float> source, Span<double> target)
        where TUse : struct, IUse
    {
        RequireEqual(source.Length, target.Length);
        ref float from = ref MemoryMarshal.GetReference(source);
        ref double to = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i <= target.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            nuint second = (nuint)(i + Vector512<double>.Count);
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Vector512.LoadUnsafe(ref from, (nuint)i));
            TUse.Combine(Vector512.LoadUnsafe(ref to, (nuint)i), low).StoreUnsafe(ref to, (nuint)i);
            TUse.Combine(Vector512.LoadUnsafe(ref to, second), high).StoreUnsafe(ref to, second);
        }

        for (; i < target.Length; i++)
        {
            target[i] = TUse.Combine(Vector512.CreateScalar(target[i]), Vector512.CreateScalar((double)source[i])).ToScalar();
        }
    }

    private static void RequireEqual(int source, int target)
    {
        if (source != target)
        {
            throw new ArgumentException($"Source and target must have one length but have {source} and {target} elements.");
        }
    }

    /// <summary>What becomes of the old content of the target.</summary>
    private interface IUse
    {
        static abstract Vector512<double> Combine(Vector512<double> old, Vector512<double> widened);
    }

    private readonly struct Copy : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Combine(Vector512<double> old, Vector512<double> widened) => widened;
    }

    private readonly struct Addition : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Combine(Vector512<double> old, Vector512<double> widened) => old + widened;
    }
}
