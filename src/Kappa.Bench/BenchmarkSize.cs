using System.Globalization;
using Kappa.Lab.Runs;
using Kappa.Models;

namespace Kappa.Bench;

/// <summary>The sizes of one training step.</summary>
/// <param name="Samples">N.</param>
/// <param name="Tokens">n.</param>
/// <param name="Width">d.</param>
/// <param name="FfnWidth">m.</param>
internal sealed record BenchmarkSize(int Samples, int Tokens, int Width, int FfnWidth)
{
    /// <summary>The four sizes that are compared by default, named by their width: 16, 32, 64, 128.</summary>
    public static IReadOnlyList<BenchmarkSize> Standard { get; } = [
        new(8, 8, 16, 32), new(32, 16, 32, 128), new(64, 16, 64, 256), new(128, 32, 128, 512)];

    /// <summary>Reads <c>16</c>, the width of a standard size, or <c>8x8x16x32</c>; null when it is neither.</summary>
    /// <param name="word">The word.</param>
    public static BenchmarkSize? Parse(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        int[] numbers = [
            .. word.Split('x').Select(part =>
                int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)];
        return numbers switch
        {
            [int width] => Standard.FirstOrDefault(size => size.Width == width),
            [> 0 and var samples, > 0 and var tokens, > 0 and var width, > 0 and var ffnWidth] =>
                new BenchmarkSize(samples, tokens, width, ffnWidth),
            _ => null,
        };
    }

    /// <summary><c>8x8x16x32</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Samples}x{Tokens}x{Width}x{FfnWidth}");

    /// <summary>The model of that size.</summary>
    internal ResidualTransformerShape Shape(int depth) => new() { Depth = depth, Width = Width, FfnWidth = FfnWidth };

    /// <summary>Floating-point operations of one step of that depth.</summary>
    internal double StepOperations(int depth) => StepCost.Operations(Shape(depth), Samples, Tokens);
}
