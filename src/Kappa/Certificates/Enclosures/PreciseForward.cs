using Kappa.Numerics;

namespace Kappa.Certificates.Enclosures;

/// <summary>Model R at θ_0 in precise arithmetic (C.39): every block, and the residual F − Y.</summary>
internal sealed class PreciseForward
{
    // Squares of numbers below this have lost half of their digits.
    private const double LeastSize = 1e-150;

    /// <summary>Evaluates the model at the point's weights, inputs and targets, which are exact.</summary>
    public PreciseForward(ResidualTransformerPoint point)
    {
        PreciseMatrix z = PreciseMatrix.Exact(point.Model.Inputs);
        Layers = new PreciseLayer[point.Shape.Depth];
        for (int layer = 0; layer < Layers.Length; layer++)
        {
            Layers[layer] = new PreciseLayer(point.Shape, point.Weights.Block(layer), z, point.Model.Samples);
            z = Layers[layer].Output;
        }

        // (R.4)  F = Z^L W_U
        Output = point.Weights.Readout is Matrix readout ? z.Multiply(readout) : z;
        var residual = EnclosedMatrix.Of(Output.AddScaled(-1, PreciseMatrix.Exact(point.Model.Targets)));
        ResidualNorm = UpperBound.FrobeniusNorm(residual.Values) + residual.Error;
    }

    /// <summary>The blocks, first to last.</summary>
    public PreciseLayer[] Layers { get; }

    /// <summary>The last block.</summary>
    public PreciseLayer Last => Layers[^1];

    /// <summary>Whether the squares of the last features or attention outputs, which every bound is made of, underflow.</summary>
    public bool Underflows => LargestOf(Last.Hidden) is > 0 and < LeastSize || LargestOf(Last.AttentionOutput) is > 0 and < LeastSize;

    /// <summary>F [M, d_out].</summary>
    public PreciseMatrix Output { get; }

    /// <summary>R = ‖F − Y‖ = √(2ℒ_0) at most.</summary>
    public UpperBound ResidualNorm { get; }

    private static double LargestOf(PreciseMatrix matrix) => MatrixScale.Of(matrix.High).Largest;
}
