using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>One block of model R at θ_0 (R.1–R.3) in precise arithmetic, every matrix with a proven error: what certificates take as centre in place of the training pass.</summary>
/// <remarks>
/// Theory: rounding, C.39. Tokens enter the logits and the mixing as differences from the first token of their sample, which changes neither softmax nor mixing, so that what all tokens or
/// all keys have in common inflates no error. M = N·n rows.
/// </remarks>
internal sealed class PreciseLayer
{
    /// <summary>Evaluates the block.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="weights">Exact doubles.</param>
    /// <param name="input">Z [M, d].</param>
    /// <param name="samples">N.</param>
    public PreciseLayer(ResidualTransformerShape shape, in BlockWeights weights, PreciseMatrix input, int samples)
    {
        Input = input;
        int tokens = input.Rows / samples;
        Differences = PreciseMatrix.Allocate(input.Rows, input.Columns);
        for (int row = 0; row < input.Rows; row++)
        {
            input.WriteDifference(row, row / tokens * tokens, Differences);
        }

        Query = input.Multiply(weights.Query);
        Attention = PreciseMatrix.Allocate(input.Rows, tokens);
        AttentionError = new double[input.Rows];
        Attend(shape.LogitScale, Differences.Multiply(weights.Key));
        Mixed = Mix();
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
    public PreciseMatrix Attention { get; }

    /// <summary>ρ_r: every weight of row r is within ρ_r times itself (and 2⁻⁸⁶⁰) of the exact one; infinite where its logits are not known [M].</summary>
    public double[] AttentionError { get; }

    /// <summary>G = A Z [M, d].</summary>
    public PreciseMatrix Mixed { get; }

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

    // (R.1)  the logits of row r less that of its first token: τ ⟨q_r, (z_j − z_1) W_K⟩
    private void Attend(double logitScale, PreciseMatrix keys)
    {
        int tokens = Attention.Columns;
        var logits = new DoubleDouble[tokens];
        double scale = Math.Abs(logitScale), unit = PreciseMatrix.ProductUnit(keys.Columns) + (2 * DoubleDouble.Unit);
        for (int row = 0; row < Attention.Rows; row++)
        {
            double query = Query.RowNorm(row), error = 0;
            for (int j = 0; j < tokens; j++)
            {
                int key = (row / tokens * tokens) + j;
                double size = keys.RowNorm(key);
                logits[j] = Dot(Query, row, keys, key) * logitScale;
                error = Math.Max(error, (Query.RowError[row] * size) + (query * keys.RowError[key]) + (unit * query * size));
            }

            error = (scale * (error + PreciseMatrix.UnderflowOf(keys.Columns, 1))) + DoubleDouble.Underflow;
            AttentionError[row] = PreciseSoftmax.Apply(logits, RoundedUp.Of(error));
            for (int j = 0; j < tokens; j++)
            {
                Attention[row, j] = logits[j];
            }

            Attention.RowError[row] = RoundedUp.Of(Math.Min(AttentionError[row], 2) + (tokens * DoubleDouble.Underflow * 1e50));
        }
    }

    private static DoubleDouble Dot(PreciseMatrix left, int row, PreciseMatrix right, int other)
    {
        DoubleDouble sum = 0;
        for (int k = 0; k < left.Columns; k++)
        {
            sum += left[row, k] * right[other, k];
        }

        return sum;
    }

    // (R.2)  g_r = z_1 + Σ_j p_j (z_j − z_1), as Σ_j p_j = 1
    private PreciseMatrix Mix()
    {
        int tokens = Attention.Columns, width = Input.Columns;
        PreciseMatrix mixed = PreciseMatrix.Allocate(Input.Rows, width);
        for (int row = 0; row < Input.Rows; row++)
        {
            int first = row / tokens * tokens;
            PreciseMatrix.MultiplyRow(
                Attention.High.Row(row), Attention.Low.Row(row), Differences.High.RowRange(first, tokens), Differences.Low.RowRange(first, tokens), mixed.High.Row(row), mixed.Low.Row(row));
            double sizes = 0, farthest = 0, error = 0;
            for (int j = 0; j < tokens; j++)
            {
                double size = Differences.RowNorm(first + j);
                sizes += Attention.High[row, j] * size;
                farthest = Math.Max(farthest, size);
                error = Math.Max(error, Differences.RowError[first + j]);
            }

            for (int column = 0; column < width; column++)
            {
                mixed[row, column] += Input[first, column];
            }

            double weights = Math.Min(AttentionError[row] * sizes, 2 * farthest) + (tokens * 1e-250 * farthest);
            double rounding = (PreciseMatrix.ProductUnit(tokens) * 2 * sizes) + (2 * DoubleDouble.Unit * (Input.RowNorm(first) + sizes));
            mixed.RowError[row] = RoundedUp.Of(Input.RowError[first] + (2 * error) + weights + rounding + PreciseMatrix.UnderflowOf(tokens, width));
        }

        return mixed;
    }

    // (R.3)  ψ is Lipschitz with a, ψ' with c
    private (PreciseMatrix Hidden, PreciseMatrix Derivative) Activate(Activation activation)
    {
        var precise = new PreciseActivation(activation);
        PreciseMatrix hidden = PreciseMatrix.Allocate(Preactivation.Rows, Preactivation.Columns), derivative = PreciseMatrix.Allocate(hidden.Rows, hidden.Columns);
        double steepest = activation.DerivativeBound, bend = activation.SecondDerivativeBound ?? double.PositiveInfinity, root = Math.Sqrt(hidden.Columns);
        for (int row = 0; row < hidden.Rows; row++)
        {
            for (int column = 0; column < hidden.Columns; column++)
            {
                (hidden[row, column], derivative[row, column]) = precise.At(Preactivation[row, column]);
            }

            double error = Preactivation.RowError[row], size = Preactivation.RowNorm(row);
            hidden.RowError[row] = RoundedUp.Of((steepest * error) + (precise.Unit * (size + (root * precise.Offset))) + (hidden.Columns * DoubleDouble.Underflow));
            derivative.RowError[row] = RoundedUp.Of((double.IsFinite(bend) ? bend * error : bend) + (precise.Unit * root));
        }

        return (hidden, derivative);
    }
}
