using System.Numerics;
using System.Runtime.CompilerServices;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>What becomes of ψ(P) and ψ'(P).</summary>
internal unsafe interface IElementwiseOutput
{
    /// <summary>Whether the memory called second is written.</summary>
    static abstract bool WritesSecond { get; }

    /// <summary>Writes four vectors.</summary>
    static abstract void Write<TQuad, T>(TQuad value, TQuad derivative, T* first, T* second)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged;
}

/// <summary>first ← ψ(P).</summary>
internal readonly unsafe struct ValueOutput : IElementwiseOutput
{
    public static bool WritesSecond => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<TQuad, T>(TQuad value, TQuad derivative, T* first, T* second)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged => TQuad.Store(value, first);
}

/// <summary>first ← ψ(P), second ← ψ'(P).</summary>
internal readonly unsafe struct ValueAndDerivativeOutput : IElementwiseOutput
{
    public static bool WritesSecond => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<TQuad, T>(TQuad value, TQuad derivative, T* first, T* second)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged
    {
        TQuad.Store(value, first);
        TQuad.Store(derivative, second);
    }
}

/// <summary>first ← first ∘ ψ'(P).</summary>
internal readonly unsafe struct ProductOutput : IElementwiseOutput
{
    public static bool WritesSecond => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<TQuad, T>(TQuad value, TQuad derivative, T* first, T* second)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged => TQuad.Store(TQuad.Load(first) * derivative, first);
}

/// <summary>Applies an activation to spans, four vectors at a time; the tail goes through
/// the same vector code, so an element's bits do not depend on its place.</summary>
internal static unsafe class ElementwiseActivation
{
    /// <summary>Writes what <typeparamref name="TOutput"/> says on the path given;
    /// all spans have the length of <paramref name="preactivation"/>.</summary>
    public static void Run<T, TOutput>(VectorPath path, Activation activation, ReadOnlySpan<T> preactivation, Span<T> first, Span<T> second)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TOutput : struct, IElementwiseOutput
    {
        switch (path)
        {
            case VectorPath.Bits512:
                Run<VectorQuad512<T>, T, TOutput>(activation, preactivation, first, second);
                break;
            case VectorPath.Bits256:
                Run<VectorQuad256<T>, T, TOutput>(activation, preactivation, first, second);
                break;
            default:
                Run<VectorQuad128<T>, T, TOutput>(activation, preactivation, first, second);
                break;
        }
    }

    private static void Run<TQuad, T, TOutput>(Activation activation, ReadOnlySpan<T> preactivation, Span<T> first, Span<T> second)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TOutput : struct, IElementwiseOutput
    {
        switch (activation.Kind)
        {
            case ActivationKind.Identity:
                Run<TQuad, T, LeakyRelu<TQuad, T>, TOutput>(new(1), preactivation, first, second);
                break;
            case ActivationKind.Relu:
                Run<TQuad, T, LeakyRelu<TQuad, T>, TOutput>(new(0), preactivation, first, second);
                break;
            case ActivationKind.LeakyRelu:
                Run<TQuad, T, LeakyRelu<TQuad, T>, TOutput>(new(activation.Slope), preactivation, first, second);
                break;
            case ActivationKind.SmoothLeakyRelu:
                Run<TQuad, T, SmoothLeakyRelu<TQuad, T>, TOutput>(
                    new(activation.Slope, activation.Smoothing), preactivation, first, second);
                break;
            default:
                Run<TQuad, T, Gelu<TQuad>, TOutput>(default, preactivation, first, second);
                break;
        }
    }

    [SkipLocalsInit]
    private static void Run<TQuad, T, TFunction, TOutput>(TFunction function, ReadOnlySpan<T> preactivation, Span<T> first, Span<T> second)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged
        where TFunction : struct, IActivationFunction<TQuad>
        where TOutput : struct, IElementwiseOutput
    {
        int width = 4 * TQuad.Lanes, whole = preactivation.Length / width * width;
        fixed (T* p = preactivation, one = first, two = second)
        {
            RunWhole<TQuad, T, TFunction, TOutput>(function, p, one, two, whole);
        }

        int rest = preactivation.Length - whole;
        if (rest > 0)
        {
            T* padded = stackalloc T[3 * width];
            new Span<T>(padded, 3 * width).Clear();
            preactivation[whole..].CopyTo(new Span<T>(padded, rest));
            first[whole..].CopyTo(new Span<T>(padded + width, rest));
            RunWhole<TQuad, T, TFunction, TOutput>(function, padded, padded + width, padded + (2 * width), width);
            new Span<T>(padded + width, rest).CopyTo(first[whole..]);
            if (TOutput.WritesSecond)
            {
                new Span<T>(padded + (2 * width), rest).CopyTo(second[whole..]);
            }
        }
    }

    // The first half of the next four vectors stands beside the second half
    // of these: the processor fills the waiting times of one with the other.
    private static void RunWhole<TQuad, T, TFunction, TOutput>(TFunction function, T* preactivation, T* first, T* second, int length)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged
        where TFunction : struct, IActivationFunction<TQuad>
        where TOutput : struct, IElementwiseOutput
    {
        if (length == 0)
        {
            return;
        }

        int width = 4 * TQuad.Lanes;
        TQuad prepared = function.Prepare(TQuad.Load(preactivation));
        for (int at = 0; at < length; at += width)
        {
            // Beside the last four, the last again, unused: a second copy of
            // the code for them would be too long for the compiler to inline.
            TQuad next = function.Prepare(TQuad.Load(preactivation + Math.Min(at + width, length - width)));
            (TQuad value, TQuad derivative) = function.Evaluate(TQuad.Load(preactivation + at), prepared);
            TOutput.Write(value, derivative, first + at, second + at);
            prepared = next;
        }
    }
}
