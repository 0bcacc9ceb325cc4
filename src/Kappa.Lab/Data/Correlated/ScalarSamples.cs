namespace Kappa.Lab.Data.Correlated;

/// <summary>Samples of tokens with one number as the label of each: what model S trains on.</summary>
/// <remarks>Sample i has the rows i n … (i + 1) n − 1. Read the arrays, do not write to them.</remarks>
internal sealed class ScalarSamples
{
    /// <summary>Samples over the given arrays.</summary>
    /// <param name="tokens">n, tokens a sample.</param>
    /// <param name="inputs">X [N·n, d].</param>
    /// <param name="labels">y [N].</param>
    /// <param name="description">One line that says where they come from.</param>
    /// <exception cref="ArgumentException">The number of rows is not N·n.</exception>
    internal ScalarSamples(int tokens, Matrix inputs, double[] labels, string description)
    {
        Shape = new TokenShape(labels.Length, tokens, inputs.Columns, 1);
        if (inputs.Rows != Shape.Rows)
        {
            throw new ArgumentException(
                $"{labels.Length} samples of {tokens} tokens must have {Shape.Rows} rows but the inputs are {inputs}.", nameof(inputs));
        }

        (Inputs, Labels, Description) = (inputs, labels, description);
    }

    /// <summary>N, n, d and 1.</summary>
    internal TokenShape Shape { get; }

    /// <summary>X [N·n, d].</summary>
    internal Matrix Inputs { get; }

    /// <summary>y [N].</summary>
    internal double[] Labels { get; }

    /// <summary>One line that says where the data come from, with every number needed to make them again.</summary>
    internal string Description { get; }
}
