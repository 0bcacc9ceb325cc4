using Kappa.Certificates;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Values only (G.4): width 2Nn, Nn and Nn/2; the floor of the linear
/// problem is exact, and the certified rate stands beside the measured one.</summary>
internal static class ValuesOnlyStudy
{
    private const int Heads = 2;

    // Below this part of the start a share of the loss per step is rounding of the loss and of the floor that is taken off.
    private const double LeastRelativeLoss = 1e-9;

    private const string LeastLoss = "leastLoss";

    public static KernelSize Size { get; } = new(2, 4);

    public static IEnumerable<KernelJob> Jobs(KernelsPlan plan) =>
        from width in new[] { 2 * Size.Rows, Size.Rows, Size.Rows / 2 }
        from arm in KernelArm.All
        from seed in Enumerable.Range(0, plan.Seeds)
        select Job(plan, width, arm, seed);

    private static KernelJob Job(KernelsPlan plan, int width, KernelArm arm, long seed)
    {
        string name = width > Size.Rows ? "D = 2Nn" : width == Size.Rows ? "D = Nn" : "D = Nn/2";
        return new KernelJob(
            KernelStudy.ValuesOnly, $"{name} (N={Size.Samples} n={Size.Tokens} D={width} H={Heads})", arm.Name, seed,
            () => KernelSpecifications.ValuesOnly(arm, width, plan.ValueSteps, seed),
            run => Read(run, width));
    }

    private static KernelReading Read(RunRecord run, int width)
    {
        Dictionary<string, double> start = KernelReading.AtStart(run, KernelStudy.ValuesOnly, AtStart);
        double[] losses = KernelReading.Path(run).Losses;
        _ = start.Remove(LeastLoss, out double floor);
        double[] above = [.. losses.Select(loss => Math.Max(0, loss - floor) / losses[0])];
        return new(
            new Dictionary<string, double>(start, StringComparer.Ordinal)
            {
                [Measured.TokenRows] = Size.Rows,
                [Measured.Width] = width,
                [Measured.Outputs] = Size.Rows * width,
                [Measured.Floor] = floor / losses[0],
                [Measured.SlowestShare] = SlowestShare(above),
                [Measured.EndFraction] = above[^1],
            },
            new Dictionary<string, double[]>(StringComparer.Ordinal) { [Measured.Loss] = losses, [Measured.LossAboveFloor] = above });
    }

    private static Dictionary<string, double> AtStart(Experiment start)
    {
        var model = (Transformer)start.Model;
        Certificate certificate = Theorems.OfKernelAttention.Single(theorem => theorem.Label == "G.4").Evaluate(
            new TransformerPoint(model, start.Initial, start.Trained));
        double Constant(string symbol) => certificate.Constants.Single(constant => constant.Symbol == symbol).Value;
        return new(StringComparer.Ordinal)
        {
            [Measured.StepSize] = 1 / Constant("β"),
            [LeastLoss] = Constant("min ℒ"),
            [Measured.FeatureRank] = JacobianMatrix.Spectrum(TransformerFeatures.OfHeads(model, start.Initial), out _).NumericalRank,
            [Measured.SmallestFeature] = Constant("min_h σ_M(B_h)"),
            [Measured.MapRank] = Constant("rank J"),
            [Measured.CertifiedRate] = certificate.Guarantee?.Rate ?? double.NaN,
            [Measured.SharpRate] = Constant("1 − (1 − ησ_min²)²"),
        };
    }

    // min over the path of 1 − (ℒ_{k+1} − floor)/(ℒ_k − floor).
    private static double SlowestShare(double[] above)
    {
        double slowest = double.PositiveInfinity;
        for (int k = 1; k < above.Length && above[k] > LeastRelativeLoss; k++)
        {
            slowest = Math.Min(slowest, 1 - (above[k] / above[k - 1]));
        }

        return double.IsFinite(slowest) ? slowest : double.NaN;
    }
}
