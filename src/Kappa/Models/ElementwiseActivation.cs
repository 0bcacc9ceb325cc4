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
    /// <summary>Writes what <paramref name="output"/> says; all spans have the length of <paramref name="preactivation"/>, and <paramref name="second"/> is used for <see cref="ElementwiseOutput.Both"/> alone.</summary>
    public static void Run<TFunction>(TFunction function, ReadOnlySpan<double> preactivation, Span<double> first, Span<double> second, ElementwiseOutput output)
        where TFunction : struct, IActivationFunction
    {
        ref double p = ref MemoryMarshal.GetReference(preactivation);
        ref double one = ref MemoryMarshal.GetReference(first);
        ref double two = ref MemoryMarshal.GetReference(second);
        int whole = preactivation.Length - (preactivation.Length % Vector512<double>.Count);
        switch (output)
        {
            case ElementwiseOutput.Value:
                for (int index = 0; index < whole; index += Vector512<double>.Count)
                {
                    function.Evaluate(Vector512.LoadUnsafe(ref p, (nuint)index)).Value.StoreUnsafe(ref one, (nuint)index);
                }

                break;
            case ElementwiseOutput.Both:
                for (int index = 0; index < whole; index += Vector512<double>.Count)
                {
                    (Vector512<double> value, Vector512<double> derivative) = function.Evaluate(Vector512.LoadUnsafe(ref p, (nuint)index));
                    value.StoreUnsafe(ref one, (nuint)index);
                    derivative.StoreUnsafe(ref two, (nuint)index);
                }

                break;
            default:
                for (int index = 0; index < whole; index += Vector512<double>.Count)
                {
                    Vector512<double> derivative = function.Evaluate(Vector512.LoadUnsafe(ref p, (nuint)index)).Derivative;
                    (Vector512.LoadUnsafe(ref one, (nuint)index) * derivative).StoreUnsafe(ref one, (nuint)index);
                }

                break;
        }

        if (whole < preactivation.Length)
        {
            RunTail(function, preactivation[whole..], first[whole..], second[whole..], output);
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
