using System.Globalization;
using Kappa.Lab.Figures;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>Where the eigenvalues of a kernel are (P.8): the share of them up to x
/// and their smoothed density, beside all of them where they are known.</summary>
internal static class KernelDensityFigure
{
    private const int DensityPoints = 400;

    /// <summary>Draws the density of an evaluation.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <returns><see langword="null"/> when the density was not estimated, or when no node of it is above zero.</returns>
    public static Figure? Of(PointEvaluation evaluation)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        if (evaluation.Estimates.KernelDensity is not { Width: > 0 } density || density.Nodes[^1] <= 0)
            return null;

        var figure = new Figure(
            "kernel-density", "Where the eigenvalues of the kernel are",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{evaluation.Point.Name}. Stochastic Lanczos quadrature with {density.Probes} probes and {density.Products} products: "
                    + $"estimated; the width {NumberText.Of(density.Width, 3)} of the smoothing is a choice."))
        {
            Columns = 2,
        };
        AddShare(figure.AddPanel("share", Axis.Log("x"), Axis.Linear("share of eigenvalues ≤ x")), density, evaluation.Kernel?.Eigenvalues);
        AddDensity(figure.AddPanel("density", Axis.Linear("x"), Axis.Linear("density at x")), density);
        return figure;
    }

    private static void AddShare(Axes panel, SpectralDensity density, IReadOnlyList<double>? eigenvalues)
    {
        (double[] xs, double[] ys) = Steps([.. density.Nodes], [.. density.Weights]);
        _ = panel.Line("estimated", xs, ys);
        if (eigenvalues is null)
            return;

        double[] all = [.. eigenvalues.Reverse()];
        (xs, ys) = Steps(all, [.. all.Select(_ => 1.0 / all.Length)]);
        _ = panel.Line("all eigenvalues", xs, ys);
    }

    private static void AddDensity(Axes panel, SpectralDensity density)
    {
        double least = density.Nodes[0], most = density.Nodes[^1];
        double[] xs = [.. Enumerable.Range(0, DensityPoints).Select(k => least + ((most - least) * k / (DensityPoints - 1)))];
        _ = panel.Line("estimated", xs, [.. xs.Select(density.Density)]);
    }

    // A step at each value; what is not above zero has no place on a logarithmic axis and is where the first step starts.
    private static (double[] Xs, double[] Ys) Steps(double[] values, double[] weights)
    {
        var xs = new List<double>();
        var ys = new List<double>();
        double sum = 0;
        for (int k = 0; k < values.Length; k++)
        {
            if (values[k] > 0)
            {
                xs.AddRange([values[k], values[k]]);
                ys.AddRange([sum, sum + weights[k]]);
            }

            sum += weights[k];
        }

        return ([.. xs], [.. ys]);
    }
}
