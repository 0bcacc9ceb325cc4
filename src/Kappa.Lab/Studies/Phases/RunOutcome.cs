using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Phases;

/// <summary>How far a run of a sweep came.</summary>
internal enum OutcomeState
{
    /// <summary>It ended for a reason of its own and has a class.</summary>
    Finished,

    /// <summary>It ended by an error.</summary>
    Failed,

    /// <summary>It is not begun, runs, or was interrupted.</summary>
    Unfinished,

    /// <summary>Its folder cannot be read.</summary>
    Damaged,
}

/// <summary>A run of a sweep as its folder tells it.</summary>
/// <param name="Run">What was asked.</param>
/// <param name="State">How far it came.</param>
/// <param name="Reason">What decided its class, or why it has none.</param>
internal sealed record RunOutcome(SweepRun Run, OutcomeState State, string Reason)
{
    /// <summary>Its class, when finished.</summary>
    public RunPhase? Phase { get; init; }

    /// <summary>Its curve, when finished.</summary>
    public RecordedCurve? Curve { get; init; }

    /// <summary>Its files, when it has a curve.</summary>
    public RunFiles? Files { get; init; }

    /// <summary>The processes that worked on it.</summary>
    public IReadOnlyList<RunEnvironment> Sessions { get; init; } = [];

    /// <summary>T(1e-2): the first recorded step with ℒ ≤ 0.01 ℒ_0; infinite when never reached, NaN without a curve.</summary>
    public double StepsToHundredth
    {
        get
        {
            if (Curve is null)
                return double.NaN;
            return FirstPassage.Of(Curve.Losses, FirstPassage.Hundredth) is int at ? Curve.Steps[at] : double.PositiveInfinity;
        }
    }

    /// <summary>The rate where the curve is one line, otherwise NaN.</summary>
    public double LinearRate => Curve?.Rate is { Outcome: RateOutcome.Linear } rate ? rate.Rate : double.NaN;

    /// <summary>The rate of the last third of the window where the curve falls and is no line, otherwise NaN.</summary>
    public double LateRate =>
        Curve?.Rate is { Outcome: RateOutcome.Slowing or RateOutcome.Accelerating or RateOutcome.Irregular } rate
            ? rate.LateRate
            : double.NaN;

    /// <summary>Reads run <paramref name="index"/>; damage is an outcome.</summary>
    public static RunOutcome Read(SweepFolder sweep, int index)
    {
        SweepRun run = sweep.Plan.Runs[index];
        RunFiles files = sweep.Files(index);
        if (!System.IO.Path.Exists(files.Status))
            return File.Exists(files.Telemetry)
                ? new(run, OutcomeState.Damaged, $"{files.Status}: must exist in a run folder but does not.")
                : new(run, OutcomeState.Unfinished, "not begun");
        try
        {
            var record = RunRecord.Read(files.Path);
            return record.Status.State switch
            {
                RunState.Done => Finished(run, RunAnalysis.Of(record)),
                RunState.Failed =>
                    new(run, OutcomeState.Failed, record.Status.Message ?? "no reason recorded") { Sessions = record.Sessions },
                var state =>
                    new(
                        run, OutcomeState.Unfinished,
                        $"{(state == RunState.Interrupted ? "interrupted" : state == RunState.Queued ? "not begun" : record.State)} at "
                            + $"step {record.Status.Step}")
                    { Sessions = record.Sessions },
            };
        }
        catch (BadInputException damage)
        {
            return new(run, OutcomeState.Damaged, damage.Message);
        }
    }

    private static RunOutcome Finished(SweepRun run, RunAnalysis analysis)
    {
        if (analysis.Telemetry.Rows == 0)
            return new(
                run, OutcomeState.Finished,
                "loss or gradient not finite at step 0")
            { Phase = RunPhase.Diverges, Sessions = analysis.Run.Sessions };
        var curve = new RecordedCurve(
            analysis.Telemetry[Quantities.Step].ToArray(),
            analysis.Telemetry[Quantities.Loss].ToArray(),
            analysis.Rate,
            analysis.Run.Status.StopReason,
            run.Specification.Descent.LossFloor,
            analysis.Run.Status.RoundingFloor ?? 0);
        PhaseVerdict verdict = PhaseRule.Of(curve);
        return new(run, OutcomeState.Finished, verdict.Reason)
        { Phase = verdict.Phase, Curve = curve, Files = analysis.Run.Files, Sessions = analysis.Run.Sessions };
    }
}
