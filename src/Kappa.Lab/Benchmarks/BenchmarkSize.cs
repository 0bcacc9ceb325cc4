using System.Globalization;
using Kappa.Models;

namespace Kappa.Lab.Benchmarks;

/// <summary>The sizes of one training step.</summary>
/// <param name="Samples">N.</param>
/// <param name="Tokens">n.</param>
/// <param name="Width">d.</param>
/// <param name="FfnWidth">m.</param>
public sealed record BenchmarkSize(int Samples, int Tokens, int Width, int FfnWidth)
{
    /// <summary>The four sizes that are compared by default, named by their width: 16, 32, 64, 128.</summary>
    public static IReadOnlyList<BenchmarkSize> Standard { get; } = [new(8, 8, 16, 32), new(32, 16, 32, 128), new(64, 16, 64, 256), new(128, 32, 128, 512)];

    /// <summary>Reads <c>16</c>, the width of a standard size, or <c>8x8x16x32</c>; null when it is neither.</summary>
    /// <param name="word">The word.</param>
    public static BenchmarkSize? Parse(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        int[] numbers = [.. word.Split('x').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)];
        return numbers switch
        {
            [int width] => Standard.FirstOrDefault(size => size.Width == width),
            [> 0 and var samples, > 0 and var tokens, > 0 and var width, > 0 and var ffnWidth] => new BenchmarkSize(samples, tokens, width, ffnWidth),
            _ => null,
        };
    }

    /// <summary><c>8x8x16x32</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Samples}x{Tokens}x{Width}x{FfnWidth}");

    /// <summary>The model of that size.</summary>
    internal ResidualTransformerShape Shape(int depth) => new() { Depth = depth, Width = Width, FfnWidth = FfnWidth };

    /// <summary>Floating-point operations of one step of that depth: twice the multiply-adds of the products of R.1–R.4 and R.6 by the cheaper of the two routes to the logits.</summary>
    /// <remarks>The first block needs no gradient of its input. Softmax, activation, norms and update are not counted.</remarks>
    internal double StepOperations(int depth)
    {
        double rows = (double)Samples * Tokens, d = Width, n = Tokens, m = FfnWidth;

        // R.1: the logits, and for the way back dquery, dkey, dW_Q, dW_K; with W_Q W_Kᵀ formed once (merged) or not (factored).
        double merged = (rows * d * (d + n)) + (d * d * d) + (rows * d * (n + d)) + (2 * d * d * d);
        double factored = (rows * d * ((2 * d) + n)) + (2 * rows * d * (n + d));
        double mergedInput = rows * d * (d + n), factoredInput = 2 * rows * d * d;
        double logits = Math.Min((depth * merged) + ((depth - 1) * mergedInput), (depth * factored) + ((depth - 1) * factoredInput));

        // R.2 A Z and W_V; R.3 W_1 and W_2. R.6: four products with W_1 and W_2; dW_V, d(A Z), dA; Aᵀ d(A Z) below the first block.
        double block = (rows * d * (n + d)) + (6 * rows * d * m) + (rows * d * ((2 * d) + n));
        return 2 * (logits + (depth * block) + ((depth - 1) * rows * d * n));
    }
}
