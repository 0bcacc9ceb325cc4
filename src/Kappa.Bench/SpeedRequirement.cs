using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>A number that the speed must reach, beside the one that was measured.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Bound">The number.</param>
/// <param name="IsUpperBound">Whether it must not be exceeded; otherwise it must be reached.</param>
/// <param name="Measured">The measured number; null when the rows do not hold it.</param>
internal sealed record SpeedRequirement(string Name, double Bound, bool IsUpperBound, double? Measured)
{
    private static readonly (double OneThread, double TwoThreads, double SpectraOne, double SpectraTwo, double Share)[] s_steps =
        [(30, 40, 16, 18, 0.7), (3, 4.5, 3, 4.5, 0.85), (2, 2.5, 2.2, 3.2, 0.9), (1.9, 2.2, 2, 2.5, 0.9)];

    /// <summary>Whether it is reached; null when it was not measured.</summary>
    public bool? IsReached => Measured is double value ? IsUpperBound ? value <= Bound : value >= Bound : null;

    /// <summary>Every requirement, in double precision, with what <paramref name="rows"/> hold of it.</summary>
    /// <param name="rows">Measurements of one machine. Against PyTorch its
    /// fastest number of threads counts, in each of its variants.</param>
    public static IReadOnlyList<SpeedRequirement> Table(IReadOnlyList<BenchmarkRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return [.. Steps(rows), .. Shares(rows), .. Factorisations(rows), .. Others(rows), .. Models(rows)];
    }

    /// <summary>One line: what must hold, what was found.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}: {(IsUpperBound ? "≤" : "≥")} {NumberText.Of(Bound, 3)}, measured "
            + $"{(Measured is double value ? NumberText.Of(value, 3) : "–")}: "
            + $"{(IsReached switch { true => "reached", false => "not reached", _ => "not measured" })}");

    private static IEnumerable<SpeedRequirement> Steps(IReadOnlyList<BenchmarkRow> rows)
    {
        foreach ((BenchmarkSize size, var bound) in BenchmarkSize.Standard.Zip(s_steps))
        {
            foreach (string variant in StepSuite.Variants)
            {
                yield return Ratio("step, 1 thread", StepSuite.Plain, 1, bound.OneThread);
                yield return Ratio("step, 2 threads", StepSuite.Plain, 2, bound.TwoThreads);
                yield return Ratio("with singular values, 1 thread", StepSuite.WithSingularValues, 1, bound.SpectraOne);
                yield return Ratio("with singular values, 2 threads", StepSuite.WithSingularValues, 2, bound.SpectraTwo);

                SpeedRequirement Ratio(string name, string work, int threads, double least) => new(
                    $"{name}, d = {size.Width}, times as fast as torch ({variant})", least, false,
                    BestRatio(
                        rows, row => row.Work == work && row.Size == size.ToString() && row.Threads == threads && row.Depth == 1,
                        $"torch {variant}"));
            }
        }
    }

    private static IEnumerable<SpeedRequirement> Shares(IReadOnlyList<BenchmarkRow> rows)
    {
        foreach ((BenchmarkSize size, var bound) in BenchmarkSize.Standard.Zip(s_steps))
        {
            foreach (int depth in (int[])[1, 6])
            {
                BenchmarkRow? own = rows.FirstOrDefault(row => Matches(row, StepSuite.Plain, size, depth, "kappa"));
                yield return new SpeedRequirement($"share of peak, depth {depth}, d = {size.Width}", bound.Share, false, own?.ShareOfPeak);
            }

            if (size.Width >= 64)
            {
                double? with = rows.FirstOrDefault(row =>
                    Matches(row, StepSuite.WithSingularValues, size, 1, "kappa telemetry"))?.Ratio?.Median;
                double? without = rows.FirstOrDefault(row =>
                    Matches(row, StepSuite.WithSingularValues, size, 1, "kappa plain"))?.Ratio?.Median;
                yield return new SpeedRequirement(
                    $"telemetry of every step over the step, d = {size.Width}", 0.15, true, (with / without) - 1);
            }
        }
    }

    private static IEnumerable<SpeedRequirement> Factorisations(IReadOnlyList<BenchmarkRow> rows)
    {
        foreach ((string size, double least) in ((string, double)[])[("256x32", 1.5), ("1024x64", 2), ("4096x128", 2)])
        {
            yield return new SpeedRequirement(
                $"singular values {size}, times as fast as gesdd", least, false,
                BestRatio(rows, row => row.Work == FactorisationSuite.Work && row.Size == size, "lapack"));
        }

        yield return new SpeedRequirement(
            "product 2048x2048x2048, GFLOP/s", 115, false,
            rows.FirstOrDefault(row => row.Work == ProductSuite.Plain && row.Size == "2048x2048x2048" && row.Side == "kappa")?.Gflops);
    }

    private static IEnumerable<SpeedRequirement> Others(IReadOnlyList<BenchmarkRow> rows)
    {
        BenchmarkRow? twoCores = rows.FirstOrDefault(row =>
            row.Suite == "sweep" && row.Work == SweepSuite.Work && row.Side == "kappa on 2 cores");
        yield return new SpeedRequirement("sweep on 2 cores over 1 core", 1.9, false, 1 / twoCores?.Ratio?.Median);
        double? torch = BestRatio(rows, row => row.Work == SweepSuite.Work, "torch");
        yield return new SpeedRequirement("sweep on 2 cores, times as fast as torch batching", 12, false, torch / twoCores?.Ratio?.Median);
        yield return new SpeedRequirement(
            "sweep with its files over the bare loop", 1.05, true,
            rows.FirstOrDefault(row => row.Work == SweepStoreSuite.Work && row.Side == SweepStoreSuite.Sweep)?.Ratio?.Median);
        foreach (BenchmarkSize size in BenchmarkSize.Standard)
        {
            yield return new SpeedRequirement(
                $"kernel product over gradient, d = {size.Width}", 2.5, true,
                rows.FirstOrDefault(row => Matches(row, KernelSuite.Gradient, size, 1, KernelSuite.KernelProduct))?.Ratio?.Median);
        }
    }

    // A general block at 60 % of the residual Transformer's share of the peak, models G and S at two thirds.
    private static IEnumerable<SpeedRequirement> Models(IReadOnlyList<BenchmarkRow> rows) =>
    [
        .. rows.Where(row => row.Suite == ModelSuite.Name && row.Side == ModelSuite.Residual).Select(row => new SpeedRequirement(
            $"{row.Work} {row.Size}{(row.Precision == Precision.Single ? " single" : string.Empty)} over as many operations of the "
                + $"residual Transformer",
            row.Work.StartsWith(TransformerContests.Blocks, StringComparison.Ordinal) ? 1 / 0.6 : 1.5, true, 1 / row.Ratio?.Median)),
        .. rows.Where(row => row.Work == TransformerContests.Classifier && row.Side == "kappa").Select(own => new SpeedRequirement(
            $"{own.Work} {own.Size} single, {own.Threads} threads, times as fast as torch", 1.5, false,
            rows.Where(row =>
                row.Work == own.Work && row.Size == own.Size
                && row.Side.StartsWith("torch", StringComparison.Ordinal)).Min(row => row.Ratio?.Median))),
    ];

    private static bool Matches(BenchmarkRow row, string work, BenchmarkSize size, int depth, string side) =>
        row.Work == work && row.Size == size.ToString() && row.Depth == depth && row.Threads == 1 && row.Precision == Precision.Double
            && row.Side == side;

    private static double? BestRatio(IReadOnlyList<BenchmarkRow> rows, Func<BenchmarkRow, bool> matches, string side) =>
        rows.Where(row =>
            row.Precision == Precision.Double && row.Side.StartsWith(side, StringComparison.Ordinal)
            && matches(row)).Min(row => row.Ratio?.Median);
}
