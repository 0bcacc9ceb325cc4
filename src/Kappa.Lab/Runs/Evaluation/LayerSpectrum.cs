using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>The spectrum of one matrix that a layer computes, the samples stacked.</summary>
/// <param name="Matrix">Which: layer, part and head.</param>
/// <param name="Spectrum">Its spectrum.</param>
public sealed record LayerSpectrum(LayerMatrix Matrix, MatrixSpectrum Spectrum)
{
    /// <summary>The parts that are measured: what goes from layer to layer and what is added to it.</summary>
    internal const LayerPart Measured =
        LayerPart.AttentionNorm | LayerPart.HeadBranch | LayerPart.AttentionBranch | LayerPart.AttentionOutput
        | LayerPart.AttentionOutputNorm | LayerPart.Hidden | LayerPart.OutputNorm;

    internal static LayerSpectrum[] AllOf(IModel model, ModelParameters parameters)
    {
        var record = new LayerRecord(model, Measured);
        model.Fill(parameters, model.AllSamples, record);
        return [.. record.Matrices.Select(matrix => new LayerSpectrum(matrix, MatrixSpectrum.Of(record[matrix], model.Samples)))];
    }
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
        return new MatrixSpectrum(
            values, SpectrumSummary.Of(values, matrix.Rows, matrix.Columns),
            new SampleSpectra(samples, matrix.Rows / samples, matrix.Columns).Compute(matrix));
    }
}
