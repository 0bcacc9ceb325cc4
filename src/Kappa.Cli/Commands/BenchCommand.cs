using System.CommandLine;
using System.Globalization;
using Kappa.Bench;
using Kappa.Cli.Completion;
using Kappa.Lab;
using Kappa.Lab.Formats;
using Kappa.Numerics;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa bench</c>: the speed on this machine, beside PyTorch's where
/// it is installed, and the required numbers beside the measured ones.</summary>
internal static class BenchCommand
{
    private const int MostRounds = 1000;
    private const int MostSteps = 1_000_000;

    public static Command Create(Terminal terminal)
    {
        Option<string> suite = new Option<string>("--suite")
        {
            Description = $"{string.Join(", ", BenchmarkRequest.AllSuites)}, several with commas between them, or all.",
            DefaultValueFactory = _ => "step",
        }.Completed(Candidates.Words([.. BenchmarkRequest.AllSuites, "all"]));
        var sizes = new Option<string?>("--sizes")
        { Description = "Sizes of a step: 16,32,64,128 (standard sizes by width) or N x n x d x m as 8x8x16x32." };
        Option<string?> precision = new Option<string?>("--precision")
        { Description = "double, single, or both with a comma (default: both)." }.Completed(Candidates.Words(["double", "single"]));
        var threads = new Option<string?>("--threads") { Description = "Threads of a step, several with commas (default: 1,2)." };
        var depth = new Option<string?>("--depth")
        { Description = "Blocks of the model, several with commas (default: 1,6, or 1 with --quick)." };
        Option<int?> repeats = OptionRange.Integer(
            "--repeats", "Rounds in which all sides take turns (default: 21, fewer where one is long).");
        var quick = new Option<bool>("--quick")
        { Description = "Fewer and shorter rounds, at depth 1: a look of less than a minute, not a result." };
        var noTorch = new Option<bool>("--no-torch") { Description = "Do not compare with PyTorch." };
        Option<string?> output = new Option<string?>("--out")
        { Description = "Write the rows into a folder below this one, named after the machine." }.Completed(Candidates.Folders);
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        Option<string?> from = new Option<string?>("--from") { Description = "Measure nothing: read the rows of this folder." }
            .Completed(Candidates.Folders);
        Option<string?> readme = new Option<string?>("--readme") { Description = "Replace the speed table of this page." }
            .Completed(Candidates.Files(".md"));
        Option<int?> steps = OptionRange.Integer(
            "--steps",
            "Run so many steps of the smallest size, measure nothing and print nothing: for counters of instructions around the process.",
            1, MostSteps);
        Option<bool> exitCode = VerdictOption.Create("a required number is not reached");
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command("bench", "Measure the speed on this machine, side by side with PyTorch when python3-torch is installed.")
        {
            suite, sizes, precision, threads, depth, repeats, quick, noTorch, output, json, from, readme, steps, quiet, exitCode,
        };
        command.SetAction(parsed => parsed.GetValue(steps) is int count ? RunSteps(count) : Run(
            terminal,
            () => Request(
                parsed.GetValue(suite)!, parsed.GetValue(sizes), parsed.GetValue(precision), parsed.GetValue(threads),
                parsed.GetValue(depth), parsed.GetValue(repeats),
                parsed.GetValue(quick), !parsed.GetValue(noTorch)),
            new Destination(
                parsed.GetValue(from), parsed.GetValue(output), parsed.GetValue(readme), parsed.GetValue(json), parsed.GetValue(quiet),
                parsed.GetValue(quick), parsed.GetValue(exitCode))));
        return command;
    }

    private static int RunSteps(int count)
    {
        BenchmarkSession.RunSmallestSteps(count);
        return 0;
    }

    private static int Run(Terminal terminal, Func<BenchmarkRequest> request, Destination destination)
    {
        using var line = new ProgressLine(terminal, destination.Quiet);
        BenchmarkResult result = destination.From is string folder
            ? BenchmarkFiles.Read(folder)
            : BenchmarkSession.Run(request(), TimeProvider.System, new RowProgress(line));
        if (destination.Folder is string parent)
        {
            string path = Path.Combine(parent, result.Machine.Slug());
            BenchmarkFiles.Write(path, result);
            line.Say($"Rows: {Path.Combine(path, "rows.csv")}");
        }

        if (destination.Readme is string page)
        {
            WritePage(page, result);
        }

        if (destination.Json)
        {
            terminal.Results.WriteLine(BenchmarkFiles.Json(result));
        }
        else
        {
            BenchView.Print(terminal, result, withRequirements: !destination.IsQuick);
        }

        return VerdictOption.Code(
            SpeedRequirement.Table(result.Rows).Any(requirement => requirement.IsReached == false), destination.IsVerdictAsked);
    }

    private static void WritePage(string page, BenchmarkResult result)
    {
        string text = File.Exists(page)
            ? File.ReadAllText(page)
            : throw new BadInputException(page, "must be a page with the marks of a speed table but does not exist.");
        if (!text.Contains(SpeedTable.Begin, StringComparison.Ordinal) || !text.Contains(SpeedTable.End, StringComparison.Ordinal))
        {
            throw new BadInputException(page, $"must hold the lines '{SpeedTable.Begin}' and '{SpeedTable.End}' but does not.");
        }

        AtomicFile.WriteAllText(page, SpeedTable.Replace(text, result));
    }

    private static BenchmarkRequest Request(
        string suite, string? sizes, string? precision, string? threads, string? depth, int? repeats, bool quick, bool torch)
    {
        OptionRange.Require("--repeats", repeats, 1, MostRounds);
        BenchmarkRequest request = new() { Rounds = repeats, IsQuick = quick, WithTorch = torch };
        return request with
        {
            Suites = suite == "all"
                ? BenchmarkRequest.AllSuites
                : List(
                    "--suite", suite, word => BenchmarkRequest.AllSuites.Contains(word) ? word : null,
                    $"{string.Join(", ", BenchmarkRequest.AllSuites)} or all"),
            Sizes = sizes is null
                ? request.Sizes
                : List("--sizes", sizes, BenchmarkSize.Parse, "16, 32, 64, 128 or four sizes such as 8x8x16x32"),
            Precisions = precision is null
                ? request.Precisions
                : Values(
                    List(
                        "--precision", precision, word => word switch { "double" => "Double", "single" => "Single", _ => null },
                        "double or single"),
                    Enum.Parse<Precision>),
            Threads = threads is null ? request.Threads : Numbers("--threads", threads, OptionRange.MostThreads),
            Depths = depth is null ? quick ? [1] : request.Depths : Numbers("--depth", depth, 1000),
        };
    }

    private static IReadOnlyList<int> Numbers(string option, string words, int most) => Values(
        List(
            option, words,
            word =>
                int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most
                    ? word
                    : null,
            $"integers from 1 to {most}"),
        word => int.Parse(word, CultureInfo.InvariantCulture));

    private static IReadOnlyList<T> Values<T>(IReadOnlyList<string> words, Func<string, T> value) => [.. words.Select(value)];

    private static IReadOnlyList<T> List<T>(string option, string words, Func<string, T?> parse, string allowed)
        where T : class =>
        [
            .. words.Split(',').Select(word =>
                parse(word.Trim())
                ?? throw new UsageException($"{option} must be {allowed}, several with commas between them, but has '{word}'."))];

    private sealed record Destination(
        string? From, string? Folder, string? Readme, bool Json, bool Quiet, bool IsQuick, bool IsVerdictAsked);

    private sealed class RowProgress(ProgressLine line) : IProgress<BenchmarkRow>
    {
        public void Report(BenchmarkRow value) => line.Say(BenchView.Line(value));
    }
}
