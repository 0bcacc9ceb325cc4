using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>The spectra of one block's matrices, the samples stacked.</summary>
/// <param name="Layer">Block number from 0.</param>
/// <param name="AttentionBranch">Of A Z W_V [M, d], before the residual is added (R.2).</param>
/// <param name="AttentionOutput">Of H = ρ_a Z + A Z W_V [M, d] (R.2).</param>
/// <param name="Hidden">Of Φ = ψ(H W_1) [M, m] (R.3).</param>
public sealed record LayerSpectra(int Layer, MatrixSpectrum AttentionBranch, MatrixSpectrum AttentionOutput, MatrixSpectrum Hidden)
{
    internal static LayerSpectra Of(int layer, LayerView view, int samples) =>
        new(layer, MatrixSpectrum.Of(view.AttentionBranch, samples), MatrixSpectrum.Of(view.AttentionOutput, samples), MatrixSpectrum.Of(view.Hidden, samples));
}

/// <summary>One singular spectrum (P.1): of all samples stacked, and the extremes over the samples by themselves (P.2).</summary>
/// <param name="SingularValues">σ₁ ≥ … ≥ σ_r [min(M, columns)]; NaN when the matrix is not finite.</param>
/// <param name="Summary">What can be trusted of them.</param>
/// <param name="Samples">The extremes over the samples.</param>
public sealed record MatrixSpectrum(double[] SingularValues, SpectrumSummary Summary, SampleSpectrumSummary Samples)
{
    internal static MatrixSpectrum Of(in Matrix matrix, int samples)
    {
        double[] values = new double[Math.Min(matrix.Rows, matrix.Columns)];
        new SingularValues(matrix.Rows, matrix.Columns).Compute(matrix, values);
        return new MatrixSpectrum(values, SpectrumSummary.Of(values, matrix.Rows, matrix.Columns), new SampleSpectra(samples, matrix.Rows / samples, matrix.Columns).Compute(matrix));
    }
}
