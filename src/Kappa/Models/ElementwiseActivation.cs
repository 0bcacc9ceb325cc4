using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>What becomes of ψ(P) and ψ'(P).</summary>
internal interface IElementwiseOutput
{
    /// <summary>Whether the memory called second is written.</summary>
    static abstract bool WritesSecond { get; }

    /// <summary>Writes four vectors from <paramref name="at"/>.</summary>
    static abstract void Write<T>(VectorQuad<T> value, VectorQuad<T> derivative, ref T first, ref T second, nuint at)
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>first ← ψ(P).</summary>
internal readonly struct ValueOutput : IElementwiseOutput
{
    public static bool WritesSecond => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<T>(VectorQuad<T> value, VectorQuad<T> derivative, ref T first, ref T second, nuint at)
        where T : unmanaged, IFloatingPointIeee754<T> => value.Store(ref first, at);
}

/// <summary>first ← ψ(P), second ← ψ'(P).</summary>
internal readonly struct ValueAndDerivativeOutput : IElementwiseOutput
{
    public static bool WritesSecond => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<T>(VectorQuad<T> value, VectorQuad<T> derivative, ref T first, ref T second, nuint at)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        value.Store(ref first, at);
        derivative.Store(ref second, at);
    }
}

/// <summary>first ← first ∘ ψ'(P).</summary>
internal readonly struct ProductOutput : IElementwiseOutput
{
    public static bool WritesSecond => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<T>(VectorQuad<T> value, VectorQuad<T> derivative, ref T first, ref T second, nuint at)
        where T : unmanaged, IFloatingPointIeee754<T> => (VectorQuad<T>.Load(ref first, at) * derivative).Store(ref first, at);
}

/// <summary>Applies an activation to spans, four vectors at a time; the tail goes through the same vector code, so an element's bits do not depend on its place.</summary>
internal static class ElementwiseActivation
{
    /// <summary>Writes what <typeparamref name="TOutput"/> says; all spans have the length of <paramref name="preactivation"/>.</summary>
    [SkipLocalsInit]
    public static void Run<T, TFunction, TOutput>(TFunction function, ReadOnlySpan<T> preactivation, Span<T> first, Span<T> second)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IActivationFunction<T>
        where TOutput : struct, IElementwiseOutput
    {
        ref T p = ref MemoryMarshal.GetReference(preactivation);
        ref T one = ref MemoryMarshal.GetReference(first);
        ref T two = ref MemoryMarshal.GetReference(second);
        nuint width = (nuint)VectorQuad<T>.Count, whole = (nuint)preactivation.Length / width * width, at = 0;
        if (whole > 0)
        {
            // The first half of the next four vectors stands beside the second half of these: the processor fills the waiting times of one with the other.
            VectorQuad<T> prepared = function.Prepare(VectorQuad<T>.Load(ref p, 0));
            for (; at < whole - width; at += width)
            {
                VectorQuad<T> next = function.Prepare(VectorQuad<T>.Load(ref p, at + width));
                (VectorQuad<T> value, VectorQuad<T> derivative) = function.Evaluate(VectorQuad<T>.Load(ref p, at), prepared);
                TOutput.Write(value, derivative, ref one, ref two, at);
                prepared = next;
            }

            (VectorQuad<T> lastValue, VectorQuad<T> lastDerivative) = function.Evaluate(VectorQuad<T>.Load(ref p, at), prepared);
            TOutput.Write(lastValue, lastDerivative, ref one, ref two, at);
        }

        if (whole < (nuint)preactivation.Length)
        {
            RunTail<T, TFunction, TOutput>(function, preactivation[(int)whole..], first[(int)whole..], second[(int)whole..]);
        }
    }

    [SkipLocalsInit]
    private static void RunTail<T, TFunction, TOutput>(TFunction function, ReadOnlySpan<T> preactivation, Span<T> first, Span<T> second)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IActivationFunction<T>
        where TOutput : struct, IElementwiseOutput
    {
        Span<T> padded = stackalloc T[3 * VectorQuad<T>.Count];
        padded.Clear();
        Span<T> paddedFirst = padded.Slice(VectorQuad<T>.Count, VectorQuad<T>.Count);
        Span<T> paddedSecond = padded[(2 * VectorQuad<T>.Count)..];
        preactivation.CopyTo(padded);
        first.CopyTo(paddedFirst);
        Run<T, TFunction, TOutput>(function, padded[..VectorQuad<T>.Count], paddedFirst, paddedSecond);
        paddedFirst[..first.Length].CopyTo(first);
        if (TOutput.WritesSecond)
        {
            paddedSecond[..second.Length].CopyTo(second);
        }
    }
}
