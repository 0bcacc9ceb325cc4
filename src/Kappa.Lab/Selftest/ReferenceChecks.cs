using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;

namespace Kappa.Lab.Selftest;

/// <summary>Loss, output, gradient, PL ratio, spectra and kernel eigenvalues at the reference points.</summary>
internal static class ReferenceChecks
{
    private const string Group = "reference values";
    private const double Tolerance = 1e-10;

    // The smallest kernel eigenvalues are known relative to the largest one only.
    private const double KernelTolerance = 1e-7;

    public static IEnumerable<SelftestCheck> Run() => ReferencePoint.All().SelectMany(Compare);

    private static IEnumerable<SelftestCheck> Compare(ReferencePoint reference)
    {
        var evaluation = PointEvaluation.Of(reference.Point);
        yield return Check("loss", Deviation.Relative(evaluation.Loss, Number("loss")));
        yield return Check(
            "output", Deviation.Relative(evaluation.Output.Span, ReferencePoint.Stacked(reference.Expected.GetProperty("output")).Span));
        yield return Check("gradient", Deviation.Relative(evaluation.Gradient.Vector, reference.ExpectedGradient().Vector));
        yield return Check("PL ratio", Deviation.Relative(evaluation.PlRatio, Number("pl_ratio")));
        yield return Check("spectra", Spectra(reference, evaluation));
        double[] eigenvalues = ReferencePoint.Vector(reference.Expected.GetProperty("ntk_eigenvalues"));
        yield return new SelftestCheck(
            Group, $"{reference.Point.Name}: kernel",
            Deviation.ToLargest(Descending(evaluation.Kernel!.Eigenvalues), Descending(eigenvalues)), KernelTolerance, "largest");

        double Number(string name) => reference.Expected.GetProperty(name).GetDouble();
        SelftestCheck Check(string what, double error) => new(Group, $"{reference.Point.Name}: {what}", error, Tolerance, "relative");
    }

    private static double Spectra(ReferencePoint reference, PointEvaluation evaluation)
    {
        (string Name, LayerPart Part)[] parts =
        [
            ("attention_branch_singular_values", LayerPart.AttentionBranch),
            ("attention_output_singular_values", LayerPart.AttentionOutput),
            ("hidden_singular_values", LayerPart.Hidden),
        ];
        return parts.SelectMany(part => evaluation.Layers.Where(layer => layer.Matrix.Part == part.Part).Select(layer =>
            Deviation.ToLargest(
                layer.Spectrum.SingularValues,
                ReferencePoint.Vector(reference.Expected.GetProperty(part.Name)[layer.Matrix.Layer])))).Max();
    }

    private static double[] Descending(double[] values) => [.. values.OrderDescending()];
}
