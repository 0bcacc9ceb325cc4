using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kappa.Lab.Sweeps;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Phases;

/// <summary>What a sweep came to, as sentences and as JSON.</summary>
/// <param name="Sweep">The sweep.</param>
/// <param name="Keys">Its swept keys.</param>
/// <param name="Outcomes">Every run.</param>
/// <param name="Groups">Runs that differ in seeds only.</param>
/// <param name="Grid">The phase diagram; null when there is none.</param>
internal sealed record SweepContent(
    SweepFolder Sweep, IReadOnlyList<SweptKey> Keys, IReadOnlyList<RunOutcome> Outcomes, IReadOnlyList<SweepGroup> Groups, PhaseGrid? Grid)
{
    private static readonly JsonSerializerOptions Readable = new()
    { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether every run has ended, well or not.</summary>
    public bool IsFinished => Count(OutcomeState.Unfinished) == 0;

    /// <summary>How many runs came so far.</summary>
    public int Count(OutcomeState state) => Outcomes.Count(outcome => outcome.State == state);

    /// <summary>One line.</summary>
    public string Summary()
    {
        string classes = string.Join(
            ", ",
            Enum.GetValues<RunPhase>().Select(phase => $"{Outcomes.Count(outcome => outcome.Phase == phase)} {PhaseFigure.Word(phase)}"));
        string rest = string.Concat(
            new[]
            {
                (OutcomeState.Failed, "failed"), (OutcomeState.Damaged, "damaged"), (OutcomeState.Unfinished, "not finished"),
            }.Where(pair => Count(pair.Item1) > 0).Select(pair => $", {Count(pair.Item1)} {pair.Item2}"));
        return $"Sweep {Sweep.Plan.Name}: {Outcomes.Count} runs: {classes}{rest}.";
    }

    /// <summary>What is missing and why.</summary>
    public IEnumerable<string> Notices()
    {
        if (!IsFinished)
            yield return $"The sweep is not finished: {Count(OutcomeState.Unfinished)} of {Outcomes.Count} runs are missing. Continue: "
                + $"{Sweep.ResumeCommand}";
        if (Count(OutcomeState.Damaged) > 0)
            yield return $"{Count(OutcomeState.Damaged)} runs cannot be read; the report names them.";
        if (Grid is null)
            yield return $"No phase diagram: {WhyNoDiagram()}";
    }

    /// <summary>The summary of the report.</summary>
    public string Json(string path) => new JsonObject
    {
        ["formatVersion"] = 1,
        ["sweep"] = Sweep.Plan.Name,
        ["report"] = path,
        ["finished"] = IsFinished,
        ["runs"] = Outcomes.Count,
        ["converges"] = Outcomes.Count(outcome => outcome.Phase == RunPhase.Converges),
        ["slow"] = Outcomes.Count(outcome => outcome.Phase == RunPhase.Slow),
        ["stalls"] = Outcomes.Count(outcome => outcome.Phase == RunPhase.Stalls),
        ["diverges"] = Outcomes.Count(outcome => outcome.Phase == RunPhase.Diverges),
        ["failed"] = Count(OutcomeState.Failed),
        ["damaged"] = Count(OutcomeState.Damaged),
        ["unfinished"] = Count(OutcomeState.Unfinished),
        ["diagram"] = Grid is null
            ? null
            : new JsonObject { ["x"] = Grid.X.Key.Path, ["y"] = Grid.Y.Key.Path, ["panels"] = Grid.Panels.Count },
        ["groups"] = new JsonArray([.. Groups.Select(Group)]),
    }.ToJsonString(Readable);

    private string WhyNoDiagram() => Keys.Count switch
    {
        0 => "it needs two swept keys but only seeds differ.",
        1 => $"it needs two swept keys but the sweep has one, {Keys[0].Key.Name}.",
        _ =>
            $"an axis needs numbers of one kind, and {string.Join(", ", Keys.Where(key => !key.IsNumeric).Select(key => key.Key.Name))} "
                + $"has words. Choose axes with --x and --y.",
    };

    private static JsonObject Group(SweepGroup group)
    {
        var node = new JsonObject
        {
            ["values"] = new JsonObject(group.Values.Select(pair => KeyValuePair.Create(pair.Key.Key.Path, (JsonNode?)pair.Text))),
            ["runs"] = group.Cell.Outcomes.Count,
            ["finished"] = group.Cell.Finished,
        };
        node["class"] = group.Cell.Majority is { } majority ? PhaseFigure.Word(majority) : null;
        foreach (RunPhase phase in Enum.GetValues<RunPhase>())
            node[PhaseFigure.Word(phase)] = Number(group.Cell.Share(phase));
        node["stepsToHundredth"] = Number(SweepGroup.Median(group.Times));
        node["linearRuns"] = group.Rates.Length;
        node["rate"] = Number(SweepGroup.Median(group.Rates));
        node["rateQuartiles"] = new JsonArray(Number(SweepGroup.At(group.Rates, 0.25)), Number(SweepGroup.At(group.Rates, 0.75)));
        AddInterval(node, "rate", group.Rates);
        node["bentRuns"] = group.LateRates.Length;
        node["lateRate"] = Number(SweepGroup.Median(group.LateRates));
        AddInterval(node, "lateRate", group.LateRates);
        return node;
    }

    private static void AddInterval(JsonObject node, string name, double[] values)
    {
        var interval = MedianInterval.Of(values);
        node[$"{name}Interval"] = values.Length < 2 ? null : new JsonArray(Number(interval.Low), Number(interval.High));
        node[$"{name}IntervalLevel"] = values.Length < 2 ? null : interval.Level;
    }

    // JSON has no infinity: a time that is not reached is "Infinity", a number that does not exist is null.
    private static JsonValue? Number(double value) =>
        double.IsNaN(value)
            ? null
            : double.IsFinite(value) ? JsonValue.Create(value)
            : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture));
}
