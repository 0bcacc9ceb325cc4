using Kappa.Lab.Runs.Evaluation;
using Kappa.Spectra;

namespace Kappa.Cli;

/// <summary>What Lanczos estimated at a point, each number with its residual and whether it converged (P.7, P.8, R.7).</summary>
internal static class EstimatesView
{
    public static void Print(Terminal terminal, PointEstimates estimates)
    {
        foreach (string sentence in Sentences(estimates))
        {
            terminal.Paragraph(0, sentence, hanging: 2);
        }
    }

    private static IEnumerable<string> Sentences(PointEstimates estimates)
    {
        if (estimates.KernelEnds is { } kernel)
        {
            yield return $"Kernel, estimated with {kernel.Products} products (P.7): λ_max = {Number(kernel.LambdaMax)}; "
                + $"{Smallest(kernel)}.";
        }

        if (estimates.Hessian is { } hessian)
        {
            string edge = hessian.LargestEigenvalue.Value > 0
                ? $"; 2/sharpness = {PlainText.Number(2 / hessian.LargestEigenvalue.Value)}"
                : string.Empty;
            yield return $"Hessian, estimated with {hessian.Products} products (R.7): sharpness (largest eigenvalue) = "
                + $"{Number(hessian.LargestEigenvalue)}{edge}; smallest eigenvalue = {Number(hessian.SmallestEigenvalue)}.";
        }
        else if (estimates.HessianKink is { } kink)
        {
            yield return $"Hessian, no number: {kink}.";
        }

        if (estimates.KernelDensity is { } density)
        {
            MomentEstimate mean = density.Moment(1);
            yield return $"Kernel density, estimated with {density.Probes} probes, {density.Products} products (P.8): mean eigenvalue "
                + $"{PlainText.Number(mean.Value)} ± {PlainText.Number(mean.StandardError)} (standard error); half of the eigenvalues "
                + $"are below {PlainText.Number(Quantile(density, 0.5))}, nine in ten below {PlainText.Number(Quantile(density, 0.9))}.";
        }
    }

    private static string Smallest(KernelExtremes kernel) => kernel.Status switch
    {
        SpectrumStatus.RankLimited => "λ_min = 0, rank-limited: fewer trained parameters than outputs",
        SpectrumStatus.BelowFloor => $"λ_min is below the floor {PlainText.Number(kernel.Floor)} of rounding",
        SpectrumStatus.Zero => "the kernel is zero",
        _ => $"λ_min ≤ {Number(kernel.LambdaMin)}; from above, no PL constant",
    };

    private static string Number(in EigenvalueEstimate end) =>
        $"{PlainText.Number(end.Value)} ({(end.Converged ? "converged" : "not converged")}, residual {PlainText.Number(end.Residual)})";

    // The first node up to which there are so many.
    private static double Quantile(SpectralDensity density, double share) =>
        density.Nodes.First(node => density.Cumulative(node) >= share - 1e-12);
}
