using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs;

/// <summary>What a finished or unfinished run tells: its rate and the state of every layer at its first and last recorded step.</summary>
/// <remarks>Read from the run folder alone, so that the run may have been made elsewhere.</remarks>
/// <param name="Run">The run.</param>
/// <param name="Telemetry">Its recorded rows.</param>
/// <param name="Rate">The fit of the loss curve, or the outcome that says in words why there is none.</param>
/// <param name="Layers">One entry for each layer and part that was measured.</param>
public sealed record RunAnalysis(RunRecord Run, TelemetryTable Telemetry, RateFit Rate, IReadOnlyList<LayerSummary> Layers)
{
    /// <summary>The rates from guaranteed to measured; <see langword="null"/>
    /// when they have not been computed, see <see cref="RunLadder"/>.</summary>
    internal RateLadder? Ladder { get; init; }

    /// <summary>What <c>stepSize: best(…)</c> tried and took, in a sentence; <see langword="null"/> under other rules.</summary>
    internal string? StepSizeRemark => Trials?.Words(Run.Specification.Descent.StepSize);

    /// <summary>The trials behind it.</summary>
    internal StepTrials? Trials { get; init; }

    /// <summary>What is single in a run in single precision; <see langword="null"/> for one in double.</summary>
    public string? PrecisionRemark => Run.Specification.Descent.Precision == Precision.Single
        ? "Loss and gradient are in single precision; weights, norms, spectra and the rungs of the ladder in double."
        : null;

    /// <summary>From which step on the loss is at <see cref="RunStatus.RoundingFloor"/>,
    /// or near it without falling; <see langword="null"/> when it is not.</summary>
    public string? RoundingRemark => Run.Status.RoundingFloor is double floor && Rate is { IsFloorRounding: true, FloorStep: long step }
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"From step {step} on the loss is at the rounding of "
                + $"{(Run.Specification.Descent.Precision == Precision.Single ? "single" : "double")} precision, about "
                + $"{NumberText.Of(floor, 2)}; what it does there says nothing about the model.")
        : null;

    /// <summary>Reads and analyses a run.</summary>
    /// <param name="run">The run.</param>
    /// <exception cref="BadInputException">The telemetry is missing or damaged.</exception>
    public static RunAnalysis Of(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        TelemetryTable telemetry = TelemetryReader.Read(run.Files.Telemetry);
        _ = telemetry[Quantities.Loss];
        RecordedSteps.Require(run, telemetry);
        LayerSummary[] layers = telemetry.Rows == 0
            ? []
            : [.. PartName.In(telemetry.Columns).Select(part => LayerSummary.Of(run.Specification, telemetry, part))];
        return new RunAnalysis(run, telemetry, Fit(telemetry, run.Status), layers)
        { Ladder = LadderFile.Find(run.Files), Trials = StepTrials.Find(run.Files) };
    }

    /// <summary>The fit of a loss curve. A run whose loss or gradient left the
    /// finite numbers has no rate, whatever its recorded losses do.</summary>
    internal static RateFit Fit(TelemetryTable? telemetry, RunStatus status)
    {
        if (status.StopReason == nameof(Descent.StopReason.NonFinite))
        {
            return RateFit.Diverged(status.Step);
        }

        if (telemetry is not { Rows: > 0 } || !telemetry.Has(Quantities.Loss))
        {
            return RateFit.WithoutLosses;
        }

        long[] steps = new long[telemetry.Rows];
        ReadOnlySpan<double> recorded = telemetry[Quantities.Step];
        for (int row = 0; row < steps.Length; row++)
        {
            steps[row] = (long)recorded[row];
        }

        return RateFit.Of(telemetry[Quantities.Loss], steps, new RateFitOptions { RoundingFloor = status.RoundingFloor ?? 0 });
    }
}

/// <summary>One part of one layer at the first and the last recorded step.</summary>
/// <param name="Name">Layer and part.</param>
/// <param name="IsRankLimited">Whether the width is below the number of rows, so that σ_M is 0 whatever the weights are (P.2).</param>
/// <param name="Start">At the first recorded step.</param>
/// <param name="End">At the last.</param>
public sealed record LayerSummary(PartName Name, bool IsRankLimited, PartState Start, PartState End)
{
    /// <summary>Layer number from 0.</summary>
    public int Layer => Name.Layer;

    /// <summary>The part, such as <c>branch</c>, <c>head0.branch</c> or <c>output</c>.</summary>
    public string Part => Name.Part;

    internal static LayerSummary Of(ExperimentSpecification specification, TelemetryTable telemetry, PartName part)
    {
        int width = specification.Model.Width;

        // Arrays bring their own number of rows, which the specification need not state. A σ_M of 0
        // although all d values are above the floor then tells that there are more rows than columns.
        var start = new PartState(telemetry, part, 0);
        var end = new PartState(telemetry, part, telemetry.Rows - 1);
        bool isRankLimited = specification.Data is { Samples: { } samples, Tokens: { } tokens }
            ? (long)samples * tokens > width
            : IsFullWithoutRowSide(start) || IsFullWithoutRowSide(end);
        return new LayerSummary(part, isRankLimited, start, end);

        bool IsFullWithoutRowSide(PartState state) => state[Quantities.SigmaMin] == 0 && state[Quantities.NumericalRank] == width;
    }
}

/// <summary>The state of one part of a layer at one step.</summary>
/// <param name="Telemetry">The recorded rows.</param>
/// <param name="Part">Layer and part.</param>
/// <param name="Row">The row of the step.</param>
public sealed record PartState(TelemetryTable Telemetry, PartName Part, int Row)
{
    /// <summary>What a state is told by, in the order of <c>--json</c>.</summary>
    public static IReadOnlyList<Quantity> Told { get; } =
    [
        Quantities.SigmaMax, Quantities.SigmaMin, Quantities.SigmaMinNonzero, Quantities.ConditionNumber, Quantities.NumericalRank,
        Quantities.EffectiveRank, Quantities.TokenCosine,
    ];

    /// <summary>The value of a quantity; NaN when it was not recorded.</summary>
    public double this[Quantity quantity] => Telemetry.Has(quantity.Of(Part.Text)) ? Telemetry[quantity, Part.Text][Row] : double.NaN;
}
