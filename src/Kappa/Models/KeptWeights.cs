using System.Numerics;
using System.Runtime.CompilerServices;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Whether the attention weights S of the way forward are kept for the way back.</summary>
/// <remarks>
/// A thread holds those of one group of samples, in every layer and head. What does not fit is computed again, to the same bits: a product
/// of queries and keys and the exponentials, about a seventh of the products of a long sample.
/// </remarks>
internal static class KeptWeights
{
    // Of samples whose S is more than one block; shorter ones always keep it.
    private const double MostBytes = 32 << 20;

    /// <summary>Bytes of S for one sample in every layer and head; 0 where it is computed again.</summary>
    public static double Bytes(TransformerShape shape, int tokens, Precision precision)
    {
        int element = precision == Precision.Single ? sizeof(float) : sizeof(double);
        double bytes = (double)shape.Depth * shape.Heads * tokens * tokens * element;
        return tokens <= KernelHead<double>.LongestWhole || bytes <= MostBytes ? bytes : 0;
    }

    /// <summary>Whether S is kept in a pass of this element.</summary>
    public static bool AreKept<T>(TransformerShape shape, int tokens)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        Bytes(shape, tokens, Unsafe.SizeOf<T>() == sizeof(float) ? Precision.Single : Precision.Double) > 0;
}
