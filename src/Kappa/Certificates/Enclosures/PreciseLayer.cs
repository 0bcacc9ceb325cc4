using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Enclosures;

/// <summary>One block of model R at θ_0 (R.1–R.3) in precise arithmetic, every matrix with a
/// proven error: what certificates take as centre in place of the training pass.</summary>
/// <remarks>
/// Theory: rounding, C.39. M = N·n rows.
/// </remarks>
internal sealed class PreciseLayer
{
    private readonly PreciseAttention _attention;

    /// <summary>Evaluates the block.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="weights">Exact doubles.</param>
    /// <param name="input">Z [M, d].</param>
    /// <param name="samples">N.</param>
    public PreciseLayer(ResidualTransformerShape shape, in BlockWeights weights, PreciseMatrix input, int samples)
    {
        Input = input;
        int tokens = input.Rows / samples;
        Differences = PreciseAttention.DifferencesOf(input, tokens);
        Query = input.Multiply(weights.Query);
        _attention = new PreciseAttention(Query, Differences.Multiply(weights.Key), shape.LogitScale, input, Differences, tokens);
        AttentionOutput = Mixed.Multiply(weights.Value).AddScaled(shape.AttentionResidual, input);
        Preactivation = AttentionOutput.Multiply(weights.FfnIn);
        (Hidden, HiddenDerivative) = Activate(shape.Activation);
        Output = Hidden.Multiply(weights.FfnOut).AddScaled(shape.FfnResidual, AttentionOutput);
    }

    /// <summary>Z [M, d].</summary>
    public PreciseMatrix Input { get; }

    /// <summary>z_j less the first token of its sample [M, d].</summary>
    public PreciseMatrix Differences { get; }

    /// <summary>Z W_Q [M, d_k].</summary>
    public PreciseMatrix Query { get; }

    /// <summary>A [M, n].</summary>
    public PreciseMatrix Attention => _attention.Weights;

    /// <summary>ρ_r: every weight of row r is within ρ_r times itself (and 2⁻⁸⁶⁰)
    /// of the exact one; infinite where its logits are not known [M].</summary>
    public UpperBound[] AttentionError => _attention.WeightError;

    /// <summary>G = A Z [M, d].</summary>
    public PreciseMatrix Mixed => _attention.Mixed;

    /// <summary>H [M, d].</summary>
    public PreciseMatrix AttentionOutput { get; }

    /// <summary>P = H W_1 [M, m].</summary>
    public PreciseMatrix Preactivation { get; }

    /// <summary>Φ = ψ(P) [M, m].</summary>
    public PreciseMatrix Hidden { get; }

    /// <summary>ψ'(P) [M, m]; its error is infinite where ψ' jumps.</summary>
    public PreciseMatrix HiddenDerivative { get; }

    /// <summary>Z⁺ [M, d].</summary>
    public PreciseMatrix Output { get; }

    // (R.3)  ψ is Lipschitz with a, ψ' with c
    private (PreciseMatrix Hidden, PreciseMatrix Derivative) Activate(Activation activation)
    {
        var precise = new PreciseActivation(activation);
        PreciseMatrix hidden = PreciseMatrix.Allocate(Preactivation.Rows, Preactivation.Columns),
            derivative = PreciseMatrix.Allocate(hidden.Rows, hidden.Columns);
        UpperBound steepest = UpperBound.OfComputed(activation.DerivativeBound),
            bend = UpperBound.OfComputed(activation.SecondDerivativeBound ?? double.PositiveInfinity),
            root = UpperBound.Sqrt(hidden.Columns);
        UpperBound unit = (UpperBound)precise.Unit, offset = (UpperBound)precise.Offset,
            lost = hidden.Columns * (UpperBound)DoubleDouble.Underflow;
        for (int row = 0; row < hidden.Rows; row++)
        {
            for (int column = 0; column < hidden.Columns; column++)
            {
                (hidden[row, column], derivative[row, column]) = precise.At(Preactivation[row, column]);
            }

            UpperBound error = Preactivation.RowError[row], size = Preactivation.RowNorm(row);
            hidden.RowError[row] = (steepest * error) + (unit * (size + (root * offset))) + lost;
            derivative.RowError[row] = (bend.IsFinite ? bend * error : bend) + (unit * root);
        }

        return (hidden, derivative);
    }
}
