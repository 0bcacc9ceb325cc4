using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kappa.Models;

/// <summary>What <see cref="ElementwiseActivation"/> writes.</summary>
internal enum ElementwiseOutput
{
    /// <summary>first ← ψ(P).</summary>
    Value,

    /// <summary>first ← ψ(P), second ← ψ'(P).</summary>
    Both,

    /// <summary>first ← first ∘ ψ'(P).</summary>
    Product,
}

/// <summary>Applies an activation to spans, eight elements at a time; the tail goes through the same vector code, so an element's bits do not depend on its place.</summary>
internal static class ElementwiseActivation
{
    // Both halves of the work are long chains of dependent operations: taken apart over a few vectors, more of them overlap in the processor.
    private const int Stretch = 8;

    /// <summary>Writes what <paramref name="output"/> says; all spans have the length of <paramref name="preactivation"/>, and <paramref name="second"/> is used for <see cref="ElementwiseOutput.Both"/> alone.</summary>
    [SkipLocalsInit]
    public static void Run<TFunction>(TFunction function, ReadOnlySpan<double> preactivation, Span<double> first, Span<double> second, ElementwiseOutput output)
        where TFunction : struct, IActivationFunction
    {
        ref double p = ref MemoryMarshal.GetReference(preactivation);
        ref double one = ref MemoryMarshal.GetReference(first);
        ref double two = ref MemoryMarshal.GetReference(second);
        Span<double> stretch = stackalloc double[Stretch * Vector512<double>.Count];
        ref double prepared = ref MemoryMarshal.GetReference(stretch);
        int whole = preactivation.Length - (preactivation.Length % Vector512<double>.Count);
        for (int start = 0; start < whole; start += stretch.Length)
        {
            int length = Math.Min(stretch.Length, whole - start);
            for (int index = 0; index < length; index += Vector512<double>.Count)
            {
                function.Prepare(Vector512.LoadUnsafe(ref p, (nuint)(start + index))).StoreUnsafe(ref prepared, (nuint)index);
            }

            RunPrepared(function, ref Unsafe.Add(ref p, start), ref prepared, ref Unsafe.Add(ref one, start), ref Unsafe.Add(ref two, start), length, output);
        }

        if (whole < preactivation.Length)
        {
            RunTail(function, preactivation[whole..], first[whole..], second[whole..], output);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunPrepared<TFunction>(TFunction function, ref double p, ref double prepared, ref double first, ref double second, int length, ElementwiseOutput output)
        where TFunction : struct, IActivationFunction
    {
        for (int index = 0; index < length; index += Vector512<double>.Count)
        {
            nuint at = (nuint)index;
            (Vector512<double> value, Vector512<double> derivative) = function.Evaluate(Vector512.LoadUnsafe(ref p, at), Vector512.LoadUnsafe(ref prepared, at));
            switch (output)
            {
                case ElementwiseOutput.Value:
                    value.StoreUnsafe(ref first, at);
                    break;
                case ElementwiseOutput.Both:
                    value.StoreUnsafe(ref first, at);
                    derivative.StoreUnsafe(ref second, at);
                    break;
                default:
                    (Vector512.LoadUnsafe(ref first, at) * derivative).StoreUnsafe(ref first, at);
                    break;
            }
        }
    }

    [SkipLocalsInit]
    private static void RunTail<TFunction>(TFunction function, ReadOnlySpan<double> preactivation, Span<double> first, Span<double> second, ElementwiseOutput output)
        where TFunction : struct, IActivationFunction
    {
        Span<double> padded = stackalloc double[3 * Vector512<double>.Count];
        padded.Clear();
        Span<double> paddedFirst = padded.Slice(Vector512<double>.Count, Vector512<double>.Count);
        Span<double> paddedSecond = padded[(2 * Vector512<double>.Count)..];
        preactivation.CopyTo(padded);
        first.CopyTo(paddedFirst);
        Run(function, padded[..Vector512<double>.Count], paddedFirst, paddedSecond, output);
        paddedFirst[..first.Length].CopyTo(first);
        if (output == ElementwiseOutput.Both)
        {
            paddedSecond[..second.Length].CopyTo(second);
        }
    }
}
