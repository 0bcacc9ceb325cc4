using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Numerics;

namespace Kappa.Lab.Runs;

/// <summary>What one factor of <c>stepSize: best(…)</c> gave.</summary>
/// <param name="Factor">c.</param>
/// <param name="StepSize">η = c/λ_max(J Jᵀ) at the start.</param>
/// <param name="Passage">First step with a hundredth of the first loss; null when the descent ended before.</param>
/// <param name="EndFraction">Last loss over first; no number after divergence.</param>
/// <param name="Steps">Steps taken.</param>
/// <param name="Outcome">Why it ended: a reason to stop, or <see cref="Overtaken"/>.</param>
internal sealed record StepTrial(double Factor, double StepSize, long? Passage, double EndFraction, long Steps, string Outcome)
{
    /// <summary>Another factor was there first, so that this one could no longer win.</summary>
    public const string Overtaken = nameof(Overtaken);

    /// <summary>Whether it ended at or below its start.</summary>
    [JsonIgnore]
    public bool IsStable => EndFraction <= 1;

    /// <summary>In words, for a list.</summary>
    public override string ToString() => FormattableString.Invariant($"{Factor:R} ")
        + (Outcome == Overtaken ? FormattableString.Invariant($"had not by step {Steps}")
        : Outcome == nameof(Descent.StopReason.NonFinite) ? FormattableString.Invariant($"diverged after {Steps} steps")
        : !IsStable ? $"ended above its start, at {NumberText.Of(EndFraction, 3)} of it"
        : Passage is { } step ? FormattableString.Invariant($"came there at step {step}")
        : FormattableString.Invariant($"ended at {NumberText.Of(EndFraction, 3)} of the first loss after {Steps} steps"));
}

/// <summary>What <c>stepSize: best(…)</c> has tried and, once every factor has
/// been, which one it takes: <c>step-size.json</c> of a run folder.</summary>
internal sealed record StepTrials
{
    private static readonly StepTrialsJson Json = new(
        new JsonSerializerOptions(StepTrialsJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Version of the layout of run folders.</summary>
    public int FormatVersion { get; init; } = RunFolder.FormatVersion;

    /// <summary>λ_max(J Jᵀ) at the start.</summary>
    public required double LargestEigenvalue { get; init; }

    /// <summary>The trials made so far, in the order in which they were made.</summary>
    public required IReadOnlyList<StepTrial> Trials { get; init; }

    /// <summary>The first step at which a stable trial had a hundredth of the first loss; null when none did.</summary>
    [JsonIgnore]
    public long? FirstPassage => Trials.Where(trial => trial.IsStable).Min(trial => trial.Passage);

    /// <summary>The stable trial with the first passage, then with the lowest end, then named first; null when none is stable.</summary>
    /// <param name="factors">In the order given.</param>
    public StepTrial? Best(IReadOnlyList<double> factors) => factors
        .Select(factor => Trials.Single(trial => trial.Factor == factor))
        .Where(trial => trial.IsStable && trial.Outcome != StepTrial.Overtaken)
        .MinBy(trial => (trial.Passage ?? long.MaxValue, trial.EndFraction));

    /// <summary>The rule that the run follows: <c>auto(c)</c> with the best c, or <c>adaptive(1)</c> where none is stable.</summary>
    /// <param name="factors">In the order given.</param>
    public StepSizeSpecification Rule(IReadOnlyList<double> factors) =>
        Best(factors) is { } best ? StepSizeSpecification.Auto(best.Factor) : StepSizeSpecification.Adaptive(1);

    /// <summary>What was tried and taken, in a sentence or two; null while factors are left.</summary>
    /// <param name="rule">The rule of the run.</param>
    public string? Words(StepSizeSpecification rule)
    {
        if (Trials.Count < rule.Factors.Count)
            return null;
        StepTrial? best = Best(rule.Factors);
        string others = string.Join(
            "; ", rule.Factors.Select(factor => Trials.Single(trial => trial.Factor == factor)).Where(trial => trial != best));
        string taken = best is null ? "is adaptive(1), because none of its factors is stable"
            : $"is {Rule(rule.Factors)}, η = {NumberText.Of(best.StepSize, 4)}"
                + (
                    best.Passage is { } step
                        ? FormattableString.Invariant($", with a hundredth of the first loss at step {step}")
                        : $", which ends lowest: {best}");
        return $"Step size: {rule} {taken}.{(others.Length == 0 ? string.Empty : $" Of the others: {others}.")}";
    }

    /// <summary>The trials that a run folder has, or null.</summary>
    /// <param name="files">The folder.</param>
    /// <exception cref="BadInputException">The file is damaged or of another version.</exception>
    public static StepTrials? Find(RunFiles files)
    {
        if (!Path.Exists(files.StepSize))
            return null;
        StepTrials trials = RunDocuments.ReadJson(files.StepSize, Json.StepTrials);
        bool isSound = trials.LargestEigenvalue > 0
            && trials.Trials.Select(trial => trial.Factor).Distinct().Count() == trials.Trials.Count;
        return isSound
            ? trials
            : throw new BadInputException(
                files.StepSize, "must hold each factor once and an eigenvalue above 0. The run folder is damaged.");
    }

    /// <summary>The text of step-size.json.</summary>
    public string Text() => JsonSerializer.Serialize(this, Json.StepTrials);

    /// <summary>Writes them into a run folder, as a whole.</summary>
    /// <param name="files">The folder.</param>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public void Write(RunFiles files) => Formats.AtomicFile.WriteAllText(files.StepSize, Text() + "\n");

    /// <summary>The specification of a run with its <c>best(…)</c> replaced by what that
    /// took, so that nothing is tried again; unchanged under other rules.</summary>
    /// <param name="run">The run.</param>
    public static ExperimentSpecification Decided(RunRecord run)
    {
        ExperimentSpecification asked = run.Specification;
        ValueList<double> factors = asked.Descent.StepSize.Factors;
        return factors.Count == 0 || Find(run.Files) is not { } trials || trials.Trials.Count < factors.Count
            ? asked
            : asked with { Descent = asked.Descent with { StepSize = trials.Rule(factors) } };
    }
}

/// <summary>The JSON of trials.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    Converters = [typeof(Formats.JsonNumberConverter)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StepTrials))]
internal sealed partial class StepTrialsJson : JsonSerializerContext;
