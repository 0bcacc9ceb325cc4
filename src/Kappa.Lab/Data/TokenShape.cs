namespace Kappa.Lab.Data;

/// <summary>How many samples and tokens data have, and how wide inputs and targets are.</summary>
public sealed record TokenShape
{
    /// <summary>A shape.</summary>
    /// <param name="samples">N, at least 1.</param>
    /// <param name="tokens">n, tokens a sample, at least 1.</param>
    /// <param name="width">d, width of an input token, at least 1.</param>
    /// <param name="outputWidth">d_out, width of a target token; <c>null</c> for d.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or a matrix would have more than 2³¹ − 1 elements.</exception>
    public TokenShape(int samples, int tokens, int width, int? outputWidth = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputWidth ?? width, 1);
        if ((long)samples * tokens > int.MaxValue / Math.Max(width, outputWidth ?? width))
        {
            throw new ArgumentOutOfRangeException(
                nameof(samples),
                $"Samples times tokens times width must be at most {int.MaxValue} but {samples} x {tokens} x "
                    + $"{Math.Max(width, outputWidth ?? width)} is more. Use fewer samples.");
        }

        Samples = samples;
        Tokens = tokens;
        Width = width;
        OutputWidth = outputWidth ?? width;
    }

    /// <summary>N.</summary>
    public int Samples { get; }

    /// <summary>n, tokens a sample.</summary>
    public int Tokens { get; }

    /// <summary>d, width of an input token.</summary>
    public int Width { get; }

    /// <summary>d_out, width of a target token.</summary>
    public int OutputWidth { get; }

    /// <summary>M = N n, rows of the stacked matrices.</summary>
    public int Rows => Samples * Tokens;
}
