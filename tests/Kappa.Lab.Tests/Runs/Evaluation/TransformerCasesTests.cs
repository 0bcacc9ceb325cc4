using System.Diagnostics;
using System.Text.Json;
using Kappa.Models;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>Random Transformers of the whole space (T.1–T.4) against float64 autograd of
/// PyTorch: the committed cases always, freshly drawn ones where PyTorch is.</summary>
public sealed class TransformerCasesTests
{
    private const string Python = "/usr/bin/python3";

    // The choices that a config makes by a word, and the words.
    private static readonly (string Key, string[] Values)[] Choices =
    [
        ("model", ["residual", "kernelAttention", "shallowEncoder", "classifier"]),
        ("embedding", Truth), ("positions", Words<PositionKind>()), ("kernel", Words<AttentionKernelKind>()), ("normalisesRows", Truth),
        ("outputMatrix", Truth), ("bias", ["false", "true", "attention", "ffn"]), ("mask", Words<AttentionMask>()),
        ("attentionActivation", [.. Words<ActivationKind>(), "null"]), ("activation", Words<ActivationKind>()),
        ("norm", ["none", "pre", "post"]), ("normKind", ["layer", "rms"]), ("normParameters", Truth), ("finalNorm", Truth),
        ("readout", Words<ReadoutKind>()), ("readoutBias", Truth), ("pooling", Words<TokenPooling>()),
        ("loss", ["squaredError", "crossEntropy"]), ("lossReduction", Words<LossReduction>()),
    ];

    // The choices that a case makes by numbers.
    private static readonly (string Name, Func<TransformerCase, bool> Holds)[] Sizes =
    [
        ("identifiers", one => one.Root.TryGetProperty("identifiers", out _)),
        (
            "padding",
            one =>
                one.Root.TryGetProperty("lengths", out JsonElement lengths)
                && lengths.EnumerateArray().Any(length => length.GetInt32() < Tokens(one))),
        ("one sample", one => Data(one).GetArrayLength() == 1),
        ("one token", one => Tokens(one) == 1),
        ("width 1", one => Number(one, "width") == 1),
        ("more tokens than width", one => Tokens(one) > Number(one, "width")),
        ("two blocks", one => Number(one, "depth") == 2),
        ("several heads", one => Number(one, "heads") > 1),
        ("heads that do not fill the width", one => Number(one, "heads") * Number(one, "valueWidth") != Number(one, "width")),
        ("no feed-forward layer", one => Number(one, "ffnWidth") is null),
        ("a temperature", one => Number(one, "temperature") is not null),
        ("no residual around attention", one => Number(one, "attentionResidual") == 0),
        ("part of the residual around attention", one => Number(one, "attentionResidual") is 0.5 or -0.7),
        ("no residual around the feed-forward layer", one => Number(one, "ffnResidual") == 0),
        ("part of the residual around the feed-forward layer", one => Number(one, "ffnResidual") is 0.5),
        ("a factor of the readout", one => Number(one, "outputScale") is 0.6),
        (
            "some matrices trained",
            one => one.Root.GetProperty("trained").GetArrayLength() < one.Root.GetProperty("parameters").EnumerateObject().Count()),
        ("the implementation of model R", one => one.Reading.Point?.Model is ResidualTransformer),
    ];

    private static string[] Truth => ["true", "false"];

    [Fact]
    public void The_committed_cases_agree_with_PyTorch() => Agree(Committed());

    [Fact]
    public void The_committed_cases_take_every_choice_at_least_twice()
    {
        TransformerCase[] cases = [.. Committed().Select(line => new TransformerCase(line))];
        IEnumerable<string> seldom =
            from choice in Choices.SelectMany(choice =>
                choice.Values.Select(value => (Name: $"{choice.Key}={value}", Count: cases.Count(one => Word(one, choice.Key) == value))))
                .Concat(Sizes.Select(size => (size.Name, Count: cases.Count(size.Holds))))
            where choice.Count < 2
            select $"{choice.Name}: {choice.Count}";
        Assert.Empty(seldom);
        Assert.All(cases, one => one.Dispose());
    }

    // Seed 20 and no other: a draw at a kink of ReLU, where both conventions are right, would be no fault.
    [Fact]
    public void Five_hundred_random_models_of_the_whole_space_agree_with_PyTorch()
    {
        Assert.SkipUnless(
            File.Exists(Python) && Run(["-c", "import torch"]).Code == 0,
            $"{Python} cannot import torch; install python3-torch to compare 500 fresh models.");
        (int code, string output, string errors) = Run(
            [Path.Combine(AppContext.BaseDirectory, "peer", "transformer_cases.py"), "500", "20"]);
        Assert.True(code == 0, errors);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(500, lines.Length);
        Agree(lines);
    }

    private static void Agree(string[] lines)
    {
        var differences = new List<string>();
        foreach (string line in lines)
        {
            using var one = new TransformerCase(line);
            differences.AddRange(one.Differences());
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n{string.Join('\n', differences.Take(12))}");
    }

    private static string[] Committed() => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Data", "transformer", "cases.jsonl"));

    private static (int Code, string Output, string Errors) Run(string[] arguments)
    {
        var start = new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    private static string[] Words<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(name => char.ToLowerInvariant(name[0]) + name[1..])];

    private static string? Word(TransformerCase one, string key) => !one.Config.TryGetProperty(key, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();

    private static double? Number(TransformerCase one, string key) =>
        one.Config.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static JsonElement Data(TransformerCase one) =>
        one.Root.TryGetProperty("identifiers", out JsonElement identifiers) ? identifiers : one.Root.GetProperty("inputs");

    private static int Tokens(TransformerCase one) => Data(one)[0].GetArrayLength();
}
