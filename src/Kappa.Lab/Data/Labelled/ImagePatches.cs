using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Lab.Data.Labelled;

/// <summary>Cuts pictures into square patches, one a token: feature = (pixel/255 − mean)/deviation.</summary>
/// <remarks>
/// Token t is patch (⌊t/w⌋, t mod w) with w patches a row, and its features are the patch's
/// pixels row by row. Patches of side 1 make a token of every pixel. Immutable and thread-safe.
/// </remarks>
internal sealed record ImagePatches
{
    /// <summary>Patches of pictures of one size.</summary>
    /// <param name="height">Rows of a picture, a multiple of <paramref name="side"/>.</param>
    /// <param name="width">Columns of a picture, a multiple of <paramref name="side"/>.</param>
    /// <param name="side">Pixels along a side of a patch.</param>
    /// <exception cref="ArgumentException">The side does not divide height and width.</exception>
    internal ImagePatches(int height, int width, int side)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        if (height % side != 0 || width % side != 0)
        {
            throw new ArgumentException($"The side of a patch must divide {height} and {width} but is {side}.", nameof(side));
        }

        (Height, Width, Side) = (height, width, side);
    }

    /// <summary>Rows of a picture.</summary>
    internal int Height { get; }

    /// <summary>Columns of a picture.</summary>
    internal int Width { get; }

    /// <summary>Pixels along a side of a patch.</summary>
    internal int Side { get; }

    /// <summary>n, patches of a picture.</summary>
    internal int Tokens => Height / Side * (Width / Side);

    /// <summary>d, pixels of a patch.</summary>
    internal int Features => Side * Side;

    /// <summary>What is taken off pixel/255; default 0.</summary>
    internal double Mean { get; init; }

    /// <summary>What the difference is divided by, positive; default 1.</summary>
    internal double Deviation { get; init; } = 1;

    /// <summary>The same patches with mean and deviation of all pixels of <paramref name="images"/>, usually those to train on.</summary>
    /// <exception cref="BadInputException">All pixels are equal.</exception>
    internal ImagePatches StandardisedBy(LabelledImages images)
    {
        (double sum, double squares) = (0, 0);
        foreach (byte pixel in images.AllPixels)
        {
            sum += pixel;
            squares += pixel * (double)pixel;
        }

        // Sums of whole numbers below 2⁵³ are exact, so equal pixels give a variance of exactly 0.
        double count = images.AllPixels.Length;
        double variance = ((count * squares) - (sum * sum)) / (count * count);
        return variance > 0
            ? this with { Mean = sum / count / byte.MaxValue, Deviation = Math.Sqrt(variance) / byte.MaxValue }
            : throw new BadInputException(
                images.Description, $"the pictures must not all be of one grey but every pixel is {images.AllPixels[0]}.");
    }

    /// <summary>Writes the patches of some pictures.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="samples">Which, in order: B of them.</param>
    /// <param name="tokens">[B·n, d]; overwritten.</param>
    /// <exception cref="ArgumentException">A size is another one.</exception>
    internal void Fill<T>(LabelledImages images, ReadOnlySpan<int> samples, in Matrix<T> tokens)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (images.Height != Height || images.Width != Width || tokens.Rows != samples.Length * Tokens || tokens.Columns != Features)
        {
            throw new ArgumentException(
                $"{samples.Length} pictures of {Height} x {Width} give tokens [{samples.Length * Tokens}, {Features}] but the pictures "
                    + $"are {images.Height} x {images.Width} and the tokens {tokens}.",
                nameof(tokens));
        }

        for (int row = 0; row < tokens.Rows; row++)
        {
            FillToken(images.Pixels(samples[row / Tokens]), row % Tokens, tokens.Row(row));
        }
    }

    private void FillToken<T>(ReadOnlySpan<byte> pixels, int patch, Span<T> token)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int down, int across) = Math.DivRem(patch, Width / Side);
        int corner = (down * Side * Width) + (across * Side);
        for (int k = 0; k < token.Length; k++)
        {
            double pixel = pixels[corner + (k / Side * Width) + (k % Side)];
            token[k] = T.CreateTruncating(((pixel / byte.MaxValue) - Mean) / Deviation);
        }
    }
}
