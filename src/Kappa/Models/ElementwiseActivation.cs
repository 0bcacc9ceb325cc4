using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kappa.Models;

/// <summary>Applies an activation and its derivative to spans, eight elements at a time; the tail goes through the same vector code, so an element's bits do not depend on its place.</summary>
internal static class ElementwiseActivation
{
    /// <summary>hidden ← ψ(preactivation).</summary>
    public static void Apply<TFunction>(TFunction function, ReadOnlySpan<double> preactivation, Span<double> hidden)
        where TFunction : struct, IActivationFunction
    {
        ref double source = ref MemoryMarshal.GetReference(preactivation);
        ref double destination = ref MemoryMarshal.GetReference(hidden);
        int index = 0;
        for (; index <= hidden.Length - Vector512<double>.Count; index += Vector512<double>.Count)
        {
            function.Value(Vector512.LoadUnsafe(ref source, (nuint)index)).StoreUnsafe(ref destination, (nuint)index);
        }

        if (index < hidden.Length)
        {
            StoreTail(function.Value(LoadTail(preactivation[index..])), hidden[index..]);
        }
    }

    /// <summary>gradient ← gradient ∘ ψ'(preactivation).</summary>
    public static void MultiplyByDerivative<TFunction>(TFunction function, ReadOnlySpan<double> preactivation, Span<double> gradient)
        where TFunction : struct, IActivationFunction
    {
        ref double source = ref MemoryMarshal.GetReference(preactivation);
        ref double destination = ref MemoryMarshal.GetReference(gradient);
        int index = 0;
        for (; index <= gradient.Length - Vector512<double>.Count; index += Vector512<double>.Count)
        {
            Vector512<double> derivative = function.Derivative(Vector512.LoadUnsafe(ref source, (nuint)index));
            (Vector512.LoadUnsafe(ref destination, (nuint)index) * derivative).StoreUnsafe(ref destination, (nuint)index);
        }

        if (index < gradient.Length)
        {
            Vector512<double> derivative = function.Derivative(LoadTail(preactivation[index..]));
            StoreTail(LoadTail(gradient[index..]) * derivative, gradient[index..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> LoadTail(ReadOnlySpan<double> tail)
    {
        Vector512<double> padded = Vector512<double>.Zero;
        tail.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.As<Vector512<double>, double>(ref padded), Vector512<double>.Count));
        return padded;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreTail(Vector512<double> values, Span<double> tail) =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Vector512<double>, double>(ref values), tail.Length).CopyTo(tail);
}
