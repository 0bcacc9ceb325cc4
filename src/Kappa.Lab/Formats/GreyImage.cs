namespace Kappa.Lab.Formats;

/// <summary>A picture of one byte a pixel, 0 black to 255 white, row by row from the top.</summary>
internal sealed class GreyImage
{
    /// <summary>A picture over <paramref name="pixels"/>.</summary>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="pixels">[height · width]; kept, not copied.</param>
    /// <exception cref="ArgumentException">The number of pixels is another one.</exception>
    internal GreyImage(int height, int width, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if ((long)height * width != pixels.Length)
        {
            throw new ArgumentException(
                $"A picture of {height} x {width} must have {(long)height * width} pixels but has {pixels.Length}.", nameof(pixels));
        }

        Height = height;
        Width = width;
        Pixels = pixels;
    }

    /// <summary>Rows.</summary>
    internal int Height { get; }

    /// <summary>Columns.</summary>
    internal int Width { get; }

    /// <summary>[Height · Width], row by row from the top.</summary>
    internal byte[] Pixels { get; }
}
