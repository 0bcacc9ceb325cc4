using System.Text.Json;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Selftest;

/// <summary>Loss, output, gradient, PL ratio, spectra and kernel eigenvalues at the reference points.</summary>
internal static class ReferenceChecks
{
    private const string Group = "reference values";
    private const double Tolerance = 1e-10;

    // The smallest kernel eigenvalues are known relative to the largest one only.
    private const double KernelTolerance = 1e-7;

    public static IEnumerable<SelftestCheck> Run() => ReferencePoint.All().SelectMany(Compare);

    private static IEnumerable<SelftestCheck> Compare(ReferencePoint point)
    {
        using var model = new ResidualTransformer(point.Shape, point.Inputs, point.Samples);
        var objective = new Objective(point.Targets);
        Matrix residual = Matrix.Allocate(point.Targets.Rows, point.Targets.Columns);
        var gradient = new ResidualTransformerWeights(point.Shape);
        model.Forward(point.Weights);
        double loss = objective.LossAndGradient(model.Output, residual);
        model.Backward(point.Weights, residual, gradient, point.Trained);
        double squaredNorm = gradient.Vector.Sum(value => value * value);

        yield return Check("loss", Deviation.Relative(loss, Number("loss")));
        yield return Check("output", Deviation.Relative(model.Output.Span, ReferencePoint.Stacked(point.Expected.GetProperty("output")).Span));
        yield return Check("gradient", Deviation.Relative(gradient.Vector, point.ExpectedGradient().Vector));
        yield return Check("PL ratio", Deviation.Relative(squaredNorm / (2 * loss), Number("pl_ratio")));
        yield return Check("spectra", Spectra(point, model));
        double[] eigenvalues = ReferencePoint.Vector(point.Expected.GetProperty("ntk_eigenvalues"));
        yield return new SelftestCheck(
            Group, $"{point.Name}: kernel", Deviation.ToLargest(Descending(JacobianSpectrum.Of(model, point.Weights, point.Trained).Eigenvalues), Descending(eigenvalues)), KernelTolerance, "largest");

        double Number(string name) => point.Expected.GetProperty(name).GetDouble();
        SelftestCheck Check(string what, double error) => new(Group, $"{point.Name}: {what}", error, Tolerance, "relative");
    }

    private static double Spectra(ReferencePoint point, ResidualTransformer model)
    {
        double worst = 0;
        for (int layer = 0; layer < point.Shape.Depth; layer++)
        {
            LayerView view = model.Layer(layer);
            worst = Math.Max(worst, Spectrum(view.AttentionBranch, point.Expected.GetProperty("attention_branch_singular_values")[layer]));
            worst = Math.Max(worst, Spectrum(view.AttentionOutput, point.Expected.GetProperty("attention_output_singular_values")[layer]));
            worst = Math.Max(worst, Spectrum(view.Hidden, point.Expected.GetProperty("hidden_singular_values")[layer]));
        }

        return worst;
    }

    private static double Spectrum(in Matrix matrix, JsonElement expected)
    {
        double[] values = new double[Math.Min(matrix.Rows, matrix.Columns)];
        new SingularValues(matrix.Rows, matrix.Columns).Compute(matrix, values);
        return Deviation.ToLargest(values, ReferencePoint.Vector(expected));
    }

    private static double[] Descending(double[] values) => [.. values.OrderDescending()];
}
