using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs;

/// <summary>What a finished run has beside what it recorded: the ladder of rates, figures and report, in this order.</summary>
/// <remarks>
/// They are made after the run is done, from its folder alone. So a process that ends in between loses none of them: <c>kappa run</c> of
/// the same experiment, <c>kappa run --resume</c> and <c>kappa report</c> make what is missing. A run that goes on takes back those of its
/// earlier state.
/// </remarks>
internal static class RunPublication
{
    /// <summary>Whether all of it is there. The report is written last.</summary>
    /// <param name="analysis">A run that is done.</param>
    public static bool IsComplete(RunAnalysis analysis)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        return File.Exists(analysis.Run.Files.Report) && !LacksLadder(analysis);
    }

    /// <summary>Makes it: the ladder where it is missing and there can be one, then figures and report.</summary>
    /// <param name="analysis">The run; of one that is not done only figures and report are made, for its ladder may change.</param>
    /// <param name="threads">Threads of one step; they change the time and nothing else.</param>
    /// <param name="tell">Told in one line of each thing that cannot be made.</param>
    /// <param name="cancellation">Ends it between two evaluations.</param>
    /// <returns>The run with its ladder.</returns>
    /// <exception cref="BadInputException">The disk refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static RunAnalysis Complete(RunAnalysis analysis, int threads, Action<string> tell, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        ArgumentNullException.ThrowIfNull(tell);
        RateLadder? ladder = null;
        if (LacksLadder(analysis))
        {
            try
            {
                ladder = RunLadder.Compute(analysis, threads, cancellation: cancellation);
            }
            catch (BadInputException reason) when (!reason.IsOfTheDisk)
            {
                tell($"No ladder of rates: {reason.Message}");
            }
        }

        return Write(analysis, ladder, tell);
    }

    /// <summary>Writes a ladder, then figures and report.</summary>
    /// <param name="analysis">The run.</param>
    /// <param name="ladder">Its ladder; null keeps the one it has.</param>
    /// <param name="tell">Told in one line of each thing that cannot be made.</param>
    /// <returns>The run with its ladder.</returns>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static RunAnalysis Write(RunAnalysis analysis, RateLadder? ladder, Action<string> tell)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        ArgumentNullException.ThrowIfNull(tell);
        Formats.AtomicFile.RemoveLeftBehind(analysis.Run.Files.Path);
        if (ladder is not null)
        {
            LadderFile.Write(analysis.Run.Files, ladder);
            analysis = analysis with { Ladder = ladder };
        }

        foreach (string notice in RunReport.Write(analysis))
        {
            tell(notice);
        }

        return analysis;
    }

    /// <summary>Takes back what was made of an earlier state of a run that goes on.</summary>
    /// <exception cref="BadInputException">The disk refused.</exception>
    internal static void TakeBack(RunFiles files)
    {
        try
        {
            File.Delete(files.Report);
            File.Delete(files.Ladder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                files.Report, $"is of an earlier state of this run and must be removed, but that failed ({failure.Message.TrimEnd('.')}).",
                failure);
        }
    }

    // Rates mean nothing for anything but gradient descent on a squared loss over all samples.
    private static bool LacksLadder(RunAnalysis analysis) =>
        analysis is { Ladder: null, Telemetry.Rows: > 0, Run.Status.State: RunState.Done }
        && analysis.Run.Specification is
        {
            Model.Loss: LossKind.SquaredError,
            Descent:
            {
                Method: DescentMethod.GradientDescent,
                WarmUp: 0,
                Decay: StepDecay.None,
                WeightDecay: 0,
                GradientClip: null,
            } descent,
        } specification
        && !(descent.BatchSize < (specification.Data.Samples ?? int.MaxValue));
}
