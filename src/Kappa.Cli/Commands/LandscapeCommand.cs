using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Kappa.Cli.Completion;
using Kappa.Lab;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Studies.Landscapes;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa landscape RUN</c>: the loss on a plane around a run's last state, or around a checkpoint.</summary>
internal static class LandscapeCommand
{
    private const int FewestPoints = 3;
    private const int MostPoints = 2001;
    private const int MostStates = 1000;

    public static Command Create(Terminal terminal)
    {
        Argument<string> target = new Argument<string>("target")
        {
            Description = "A run, by its name, a unique beginning of it, or its folder; or weights in .safetensors with their "
                + "specification beside them.",
        }.Completed(Candidates.Runs, Candidates.Files(".safetensors"));
        Option<LandscapeDirections?> directions = OptionWord.Optional<LandscapeDirections>(
            "--directions",
            "What spans the plane: pca (principal components of the path; default for a run), random (default for weights, which have no "
                + "path) or curvature (top Hessian eigenvectors).");
        Option<DirectionNormalisation> normalisation = OptionWord.Of(
            "--normalisation",
            "What the lengths of random directions follow: row (each unit's weights, filter normalisation), layer, or none.",
            DirectionNormalisation.Row);
        Option<int?> grid = OptionRange.Integer("--grid", "Points along each axis (default: 41).");
        var span = new Option<string?>("--span")
        {
            Description = "Largest |α| and |β| (default: 1 with normalised random directions, a frame around the path with pca, a "
                + "quarter of the weights' norm otherwise).",
        };
        Option<int?> seed = OptionRange.Integer("--seed", "Seed of random directions (default: 0).");
        Option<int?> states = OptionRange.Integer("--states", "States of the path that are kept (default: 33).");
        Option<int?> threads = OptionRange.Integer("--threads", "Points at a time (default: all cores). The result does not depend on it.");
        Option<string?> results = new Option<string?>("--figures")
        { Description = "A folder for report, figures and data (default: landscape-DIRECTIONS in the run's folder)." }
            .Completed(Candidates.Folders);
        Option<string> folder = RunsFolder.Option();
        var json = new Option<bool>("--json") { Description = "Print landscape.json instead of the table." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command(
            "landscape",
            "The loss on a plane around the end of a run: contour, surface, cuts, the path beside the plane, and how flat and rough it is.")
        {
            target, directions, normalisation, grid, span, seed, states, threads, results, folder, new MemoryOption(), json, quiet,
        };
        command.SetAction(parsed => Show(terminal, parsed.GetValue(target)!, parsed.GetValue(folder)!, new LandscapeArguments(
            parsed.GetValue(directions), parsed.GetResult(normalisation) is { Implicit: false } ? parsed.GetValue(normalisation) : null,
            parsed.GetValue(grid), parsed.GetValue(span), parsed.GetValue(seed),
            parsed.GetValue(states), parsed.GetValue(threads), parsed.GetValue(results), parsed.GetValue(json), parsed.GetValue(quiet))));
        return command;
    }

    private static int Show(Terminal terminal, string word, string folder, LandscapeArguments wishes)
    {
        _ = wishes.ToRequest(); // A wrong option is told before a run is looked for.
        LandscapeTarget target = Find(word, folder);

        // Weights have no path, one that diverged may have a single state, and lengths are normalised of random directions only.
        wishes = wishes with
        {
            Given = wishes.Given
                ?? (
                    word.EndsWith(WeightsFile.Extension, StringComparison.OrdinalIgnoreCase) || target.Remark.Length > 0
                        || wishes.Normalisation is not null
                        ? LandscapeDirections.Random
                        : LandscapeDirections.Pca),
        };
        LandscapeRequest request = wishes.ToRequest();
        string results = RunsFolder.Require(
            wishes.Results ?? Path.Combine(target.Folder, $"landscape-{request.Directions.ToString().ToLowerInvariant()}"), "--figures");
        using var interruption = new Interruption();
        using var progress = new ProgressLine(terminal, wishes.Quiet);
        if (target.Remark.Length > 0)
        {
            terminal.Messages.WriteLine($"kappa: {target.Remark}");
        }

        progress.Say(Landscape.Forecast(target, request));
        long start = Stopwatch.GetTimestamp();
        string command = wishes.CommandFor(word);
        string interrupted = $"Interrupted; finished rows are saved. Continue with the same command: {command}{wishes.Places(folder)}";
        interruption.NothingIsLostFromHereOn(() =>
        {
            progress.Clear();
            terminal.Messages.WriteLine(interrupted);
        });
        if (RunOrSave(target, request, results, progress, interruption.Token) is not { } landscape)
        {
            terminal.Messages.WriteLine(interrupted);
            return ExitCode.Interrupted;
        }

        IReadOnlyList<string> notices = LandscapeReport.Write(landscape, results, command);
        interruption.FinishFromHereOn();
        Print(terminal, landscape, wishes.Json, command);
        progress.Say(
            FormattableString.Invariant(
                $"Report: {Path.Combine(results, "report.html")}   {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s"));
        foreach (string notice in notices)
        {
            progress.Say(notice);
        }

        return ExitCode.Done;
    }

    private static Landscape? RunOrSave(
        LandscapeTarget target, LandscapeRequest request, string results, ProgressLine progress, CancellationToken cancellation)
    {
        try
        {
            return Landscape.Of(target, request, results, progress.OfRows(), cancellation);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            progress.Clear();
        }
    }

    private static void Print(Terminal terminal, Landscape landscape, bool json, string command)
    {
        if (json)
        {
            terminal.Results.Write(LandscapeDocument.Text(landscape, command));
            return;
        }

        terminal.Paragraph(0, $"Landscape of {landscape.Target.Name}");
        new ResultTable("quantity", "value").Rows(LandscapeReport.Rows(landscape)).Print(terminal);
    }

    private static LandscapeTarget Find(string word, string folder)
    {
        if (word.EndsWith(WeightsFile.Extension, StringComparison.OrdinalIgnoreCase))
        {
            return OfWeights(word);
        }

        bool isPath = Path.GetFileName(word) != word || Path.HasExtension(word);
        return Directory.Exists(word) ? LandscapeTarget.OfRun(RunRecord.Read(word))
            : isPath ? throw new BadInputException(word, $"no such folder. Name a run, or weights in {WeightsFile.Extension}.")
            : LandscapeTarget.OfRun(RunRecord.Read(Target.Find(folder, word)));
    }

    private static LandscapeTarget OfWeights(string path)
    {
        if (!File.Exists(path))
        {
            throw new BadInputException(path, "no such file.");
        }

        string beside = WeightsFile.SpecificationBeside(path)
            ?? throw new BadInputException(
                path, "weights must have their specification, spec.yaml, beside them but have none. Put it there.");
        SpecificationReading reading = SpecificationReader.Read(beside, []);
        return reading.Specification is { } specification
            ? LandscapeTarget.OfPoint(() => WeightsFile.Read(path, specification).Require(), Path.GetDirectoryName(Path.GetFullPath(path))!)
            : throw new BadInputException(beside, reading.Problems[0].ToString());
    }

    private sealed record LandscapeArguments(
        LandscapeDirections? Given, DirectionNormalisation? Normalisation, int? Grid, string? Span, int? Seed, int? States, int? Threads,
        string? Results, bool Json, bool Quiet)
    {
        private LandscapeDirections Directions => Given ?? LandscapeDirections.Random;

        public LandscapeRequest ToRequest()
        {
            OptionRange.Require("--grid", Grid, FewestPoints, MostPoints);
            OptionRange.Require("--states", States, 2, MostStates);
            OptionRange.Require("--threads", Threads, 1, OptionRange.MostThreads);
            if (Normalisation is not null && Directions != LandscapeDirections.Random)
            {
                throw new UsageException(
                    $"--normalisation is about random directions but --directions is {Directions.ToString().ToLowerInvariant()}; those "
                        + $"have norm one. Leave it out.");
            }

            var request = new LandscapeRequest();
            return request with
            {
                Directions = Directions,
                Normalisation = Normalisation ?? request.Normalisation,
                Points = Grid ?? request.Points,
                Span = Span is null ? null : ParseSpan(Span),
                Seed = Seed ?? 0,
                PathStates = States ?? request.PathStates,
                Threads = Threads ?? Environment.ProcessorCount,
            };
        }

        /// <summary>The command that makes the same again, or goes on.</summary>
        public string CommandFor(string target) => string.Concat(
            $"kappa landscape {target} --directions {Directions.ToString().ToLowerInvariant()}",
            Normalisation is { } normalisation ? $" --normalisation {normalisation.ToString().ToLowerInvariant()}" : string.Empty,
            Grid is { } grid ? FormattableString.Invariant($" --grid {grid}") : string.Empty,
            Span is { } span ? $" --span {span}" : string.Empty,
            Seed is { } seed ? FormattableString.Invariant($" --seed {seed}") : string.Empty,
            States is { } states ? FormattableString.Invariant($" --states {states}") : string.Empty);

        /// <summary>The options that say where and not what.</summary>
        public string Places(string folder) =>
            (folder == RunsFolder.Default ? string.Empty : $" --out {folder}") + (Results is null ? string.Empty : $" --figures {Results}");

        private static double ParseSpan(string word) =>
            double.TryParse(word, CultureInfo.InvariantCulture, out double span) && double.IsFinite(span) && span > 0
                ? span
                : throw new UsageException($"--span must be a positive finite number but is '{word}'.");
    }
}
