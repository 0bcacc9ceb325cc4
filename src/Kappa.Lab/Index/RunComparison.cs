using Kappa.Descent;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Index;

/// <summary>A key or result of two runs.</summary>
/// <param name="Name">The key, or the column of the view <c>runs</c>.</param>
/// <param name="First">Its value in the first run; null when there is none.</param>
/// <param name="Second">In the second.</param>
internal sealed record Pairing(string Name, object? First, object? Second);

/// <summary>The first step at which two recorded losses have different bits.</summary>
/// <param name="Step">The step.</param>
/// <param name="First">Loss of the first run.</param>
/// <param name="Second">Loss of the second.</param>
internal sealed record LossDifference(long Step, double First, double Second);

/// <summary>The smallest relative loss that both runs reach, and when: what makes runs comparable that start at different losses.</summary>
/// <param name="Relative">ℒ/ℒ_0.</param>
/// <param name="First">The first recorded step of the first run with at most this relative loss.</param>
/// <param name="Second">Of the second.</param>
internal sealed record SameRelativeLoss(double Relative, long First, long Second);

/// <summary>What differs between two runs: in the specification, in the results, and where their losses part.</summary>
/// <param name="First">Name of the first run.</param>
/// <param name="Second">Name of the second.</param>
/// <param name="Specification">The keys whose values differ.</param>
/// <param name="Results">Outcome, rate, steps and losses of both, equal or not.</param>
/// <param name="CommonSteps">Steps that both recorded.</param>
/// <param name="Losses">Where the losses differ first; null when they are equal at every common step.</param>
internal sealed record RunComparison(
    string First, string Second, IReadOnlyList<Pairing> Specification, IReadOnlyList<Pairing> Results, int CommonSteps,
    LossDifference? Losses)
{
    /// <summary>When both had the same relative loss; null when one of them has no finite loss above 0 at its start.</summary>
    public SameRelativeLoss? Level { get; init; }

    private static readonly string[] Compared = [
        "state", "outcome", "stepReached", "initialLoss", "finalLoss", "stepsToHundredth", "rate", "rateLow", "rateHigh", "lateRate",
        "lateRateLow", "lateRateHigh", "rateOutcome", "floorLoss"];

    // Runs start at different losses: only the relative one says which of them has come farther.
    private const string Relative = "relativeLoss";

    /// <summary>Compares two run folders.</summary>
    /// <param name="first">Path of the first.</param>
    /// <param name="second">Path of the second.</param>
    /// <exception cref="BadInputException">One cannot be read.</exception>
    public static RunComparison Of(string first, string second)
    {
        RunSummary one = RunSummary.Read(first), other = RunSummary.Read(second);
        IReadOnlyList<object?> ones = one.Values(), others = other.Values();
        (int common, LossDifference? losses) = Parting(one.Telemetry, other.Telemetry);
        return new(
            one.Run.Name,
            other.Run.Name,
            [
                .. SpecificationKeys.All.Select(key =>
                    new Pairing(
                        key.Path, key.Format(one.Run.Specification),
                        key.Format(other.Run.Specification))).Where(pair => !Equals(pair.First, pair.Second))],
            [
                .. Compared.Select(name => (name, index: IndexOf(name))).Select(column =>
                    new Pairing(column.name, ones[column.index], others[column.index])),
                new Pairing(Relative, RelativeLoss(ones), RelativeLoss(others)),
            ],
            common,
            losses)
        {
            Level = SameLevel(one.Telemetry, other.Telemetry),
        };
    }

    private static SameRelativeLoss? SameLevel(TelemetryTable? one, TelemetryTable? other)
    {
        double level = Math.Max(Least(one), Least(other));
        return level < 1 ? new(level, Reached(one!, level), Reached(other!, level)) : null;
    }

    // NaN, which is below nothing, when there is no loss to be relative to.
    private static double Least(TelemetryTable? run)
    {
        if (run is not { Rows: > 0 } || !run.Has(Quantities.Loss) || !(run[Quantities.Loss][0] > 0)
            || !double.IsFinite(run[Quantities.Loss][0]))
            return double.NaN;
        double least = double.PositiveInfinity;
        foreach (double loss in run[Quantities.Loss])
            least = loss < least ? loss : least;
        return least / run[Quantities.Loss][0];
    }

    private static long Reached(TelemetryTable run, double level)
    {
        ReadOnlySpan<double> losses = run[Quantities.Loss];
        int row = 0;
        while (!(losses[row] / losses[0] <= level))
            row++;
        return (long)run[Quantities.Step][row];
    }

    private static object? RelativeLoss(IReadOnlyList<object?> values) =>
        values[IndexOf("finalLoss")] is double last && values[IndexOf("initialLoss")] is double first ? last / first : null;

    private static int IndexOf(string name) => IndexColumns.All.TakeWhile(column => column != name).Count();

    // Both record increasing steps, perhaps not the same ones.
    private static (int Common, LossDifference? Difference) Parting(TelemetryTable? one, TelemetryTable? other)
    {
        if (one is null || other is null)
            return (0, null);
        ReadOnlySpan<double> steps = one[Quantities.Step], otherSteps = other[Quantities.Step], losses = one[Quantities.Loss],
            otherLosses = other[Quantities.Loss];
        int common = 0;
        LossDifference? difference = null;
        for (int row = 0, otherRow = 0; row < steps.Length && otherRow < otherSteps.Length;)
        {
            if (steps[row] != otherSteps[otherRow])
            {
                _ = steps[row] < otherSteps[otherRow] ? row++ : otherRow++;
                continue;
            }

            common++;
            if (difference is null && BitConverter.DoubleToInt64Bits(losses[row]) != BitConverter.DoubleToInt64Bits(otherLosses[otherRow]))
                difference = new((long)steps[row], losses[row], otherLosses[otherRow]);
            (row, otherRow) = (row + 1, otherRow + 1);
        }

        return (common, difference);
    }
}
