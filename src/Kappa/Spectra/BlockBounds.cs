using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>Lower bounds of λ_min(K) that single parameter matrices of the last block
/// give (P.5); each is a PL constant at the point where it was taken.</summary>
/// <remarks>
/// Theory: spectra, P.5. <c>null</c> means that the matrix is not trained or the bound does not apply; 0 that it applies and says nothing
/// (too narrow, or below the floor). Not a rate: with step size η the bound gives the factor 1 − η·bound at this point only. A value;
/// thread-safe.
/// </remarks>
/// <param name="FfnOut">σ_M(Φ)² σ_{d_out}(W_U)², from W_2 of the last block.</param>
/// <param name="FfnIn">γ² σ_M(H)² σ_d(W_2)² σ_{d_out}(W_U)², from W_1 of the last block; needs ψ' ≥ γ &gt; 0.</param>
/// <param name="Readout">σ_M(Z^L)², from W_U.</param>
public readonly record struct BlockBounds(double? FfnOut, double? FfnIn, double? Readout)
{
    /// <summary>The sum of the bounds there are: the kernel is the sum of the blocks' kernels, so this bounds λ_min(K) too.</summary>
    public double Sum => (FfnOut ?? 0) + (FfnIn ?? 0) + (Readout ?? 0);

    /// <summary>The bounds at the given weights. Allocates; costs up to five singular value problems.</summary>
    /// <param name="model">Model R on its data.</param>
    /// <param name="parameters">Where.</param>
    /// <param name="trained">Which matrices are trained.</param>
    public static BlockBounds Of(ResidualTransformer model, ModelParameters parameters, TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(trained);
        var weights = ResidualTransformerWeights.Of(model.Shape, parameters);
        model.Forward(weights);
        int last = model.Shape.Depth - 1;
        LayerView layer = model.Layer(last);

        // ‖E W_Uᵀ‖ ≥ σ_{d_out}(W_U)‖E‖: the row side of W_Uᵀ, 0 when d_out > d.
        double readout = weights.Readout is Matrix matrix ? ColumnSide(matrix) : 1;
        double? ffnOut = IsTrained(ParameterKind.FfnOut) ? Square(RowSide(layer.Hidden) * readout) : null;
        double? ffnIn = IsTrained(ParameterKind.FfnIn) && model.Shape.Activation.DerivativeLowerBound is double slope
            ? Square(slope * RowSide(layer.AttentionOutput) * ColumnSide(weights.Block(last).FfnOut) * readout)
            : null;
        double? readoutBound = weights.Layout.Blocks.Any(block => block.Kind == ParameterKind.Readout && trained.Includes(block))
            ? Square(RowSide(layer.Output))
            : null;
        return new BlockBounds(ffnOut, ffnIn, readoutBound);

        bool IsTrained(ParameterKind kind) =>
            weights.Layout.Blocks.Any(block => block.Layer == last && block.Kind == kind && trained.Includes(block));
    }

    private static double RowSide(in Matrix matrix) => SummaryOf(matrix).SigmaMinRow;

    // σ_columns: 0 when there are more columns than rows.
    private static double ColumnSide(in Matrix matrix) => matrix.Columns > matrix.Rows ? 0 : SummaryOf(matrix).SigmaMin;

    private static SpectrumSummary SummaryOf(in Matrix matrix)
    {
        double[] values = new double[Math.Min(matrix.Rows, matrix.Columns)];
        new SingularValues(matrix.Rows, matrix.Columns).Compute(matrix, values);
        return SpectrumSummary.Of(values, matrix.Rows, matrix.Columns);
    }

    private static double Square(double x) => x * x;
}
