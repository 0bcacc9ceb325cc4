using Kappa.Lab.Figures;

namespace Kappa.Lab.Studies;

/// <summary>Median and range over seeds of a per-step series.</summary>
/// <remarks>Runs end at different steps, when they reach the loss floor: from there on a run counts
/// with its last value, so that the median does not jump because a run has finished.</remarks>
/// <param name="Steps">k.</param>
/// <param name="Median">Median over seeds.</param>
/// <param name="Low">Smallest.</param>
/// <param name="High">Largest.</param>
internal sealed record SeedBand(double[] Steps, double[] Median, double[] Low, double[] High)
{
    public static SeedBand Of(IEnumerable<double[]> runs)
    {
        double[][] all = [.. runs];
        int length = all.Max(run => run.Length);
        double[] median = new double[length];
        double[] low = new double[length];
        double[] high = new double[length];
        for (int step = 0; step < length; step++)
        {
            SeedSummary summary = SeedSummary.Of(all.Select(run => run[Math.Min(step, run.Length - 1)]));
            (median[step], low[step], high[step]) = (summary.Median, summary.Low, summary.High);
        }

        return new SeedBand([.. Enumerable.Range(0, length).Select(step => (double)step)], median, low, high);
    }

    public void DrawOn(Axes panel, string name)
    {
        _ = panel.Band(name, Steps, Low, High);
        _ = panel.Line(name, Steps, Median);
    }
}
