using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs.Certification;

/// <summary>Where a step of a run was computed from.</summary>
/// <param name="Step">The step.</param>
/// <param name="From">The step that it was computed from.</param>
/// <param name="IsCheckpoint">Whether that is the run's checkpoint.</param>
/// <param name="RecordedLoss">The loss that the run recorded at the step, when it did.</param>
internal sealed record StepOrigin(long Step, long From, bool IsCheckpoint, double? RecordedLoss)
{
    // Another machine's rounding, grown along a path, stays far below; where the loss is rounding itself nothing is told.
    private const double MostOfRounding = 1e-4, MostOfFirstLoss = 1e-12;

    /// <summary>The loss that a run recorded at a step; <c>null</c> when it did not.</summary>
    public static double? Recorded(TelemetryTable? telemetry, long step)
    {
        int row = telemetry is null ? -1 : telemetry[Quantities.Step].IndexOf(step);
        return row < 0 ? null : telemetry![Quantities.Loss][row];
    }

    /// <summary>Requires the step made again to be that of the record: a
    /// certificate of another path would say nothing about the run.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="loss">ℒ as it was computed now.</param>
    /// <param name="firstLoss">ℒ of the first recorded step.</param>
    /// <exception cref="BadInputException">The two losses differ by more than rounding.</exception>
    public void Require(string run, double loss, double firstLoss)
    {
        if (RecordedLoss is double recorded
            && !(Math.Abs(loss - recorded) <= Math.Max(MostOfRounding * recorded, MostOfFirstLoss * firstLoss)))
        {
            throw new BadInputException(run, string.Create(
                CultureInfo.InvariantCulture,
                $"step {Step} made again has the loss {loss:G6}, but the run recorded {recorded:G6}: its specification, data, checkpoint "
                    + $"or telemetry were changed since. Restore them, or make the run anew."));
        }
    }

    /// <summary>One sentence; empty for step 0.</summary>
    /// <param name="loss">ℒ as it was computed now.</param>
    public string Explain(double loss)
    {
        if (Step == 0)
        {
            return string.Empty;
        }

        string origin = Step == From && IsCheckpoint ? $"Step {Step} is the run's checkpoint"
            : IsCheckpoint ? $"Step {Step} was computed from the checkpoint of step {From}"
            : $"Step {Step} was computed from the start";
        return RecordedLoss is not double recorded ? $"{origin}."
            : recorded.Equals(loss) ? $"{origin}; its loss has the bits of the record."
            : FormattableString.Invariant($"{origin}; its loss {loss:G17} is not the recorded {recorded:G17}: ")
                + "the run was made on a machine that rounds differently.";
    }
}
