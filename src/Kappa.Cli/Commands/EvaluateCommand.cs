using System.CommandLine;
using System.CommandLine.Parsing;
using Kappa.Lab;
using Kappa.Lab.Experiments;
using Kappa.Lab.Points;
using Kappa.Lab.Store;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa evaluate POINT</c>: everything that can be said of a point without a step, also of one that another program made.</summary>
internal static class EvaluateCommand
{
    private const int MostMebibytes = 1 << 20;

    // Multiply-adds of the singular values that take some ten seconds.
    private const double LongKernel = 1e10;

    public static Command Create(Terminal terminal)
    {
        var words = new Argument<string[]>("point")
        {
            Description = "A point in JSON; or weights in .safetensors, then a YAML file and key=value settings that give model and data; or a run, by its name, a unique beginning of it, or its folder; settings change what it is evaluated on.",
            Arity = ArgumentArity.OneOrMore,
        };
        words.Validators.Add(RefuseOptions);
        var kernel = new Option<bool>("--kernel") { Description = "Fail when the kernel does not fit into the memory instead of leaving it out." };
        Option<int?> memory = OptionRange.Integer("--memory", "Most MiB for the kernel (default: 1024); 0 leaves it out.");
        Option<string> folder = RunsFolder.Option();
        var json = new Option<bool>("--json") { Description = "Print loss, gradient, output, spectra and kernel eigenvalues as JSON, every bit of them." };
        var command = new Command("evaluate", "Evaluate a point: loss, gradient, PL ratio, spectra of every block, eigenvalues of the kernel.") { words, kernel, memory, folder, json };
        command.SetAction(parsed => Evaluate(terminal, parsed.GetValue(words)!, parsed.GetValue(folder)!, parsed.GetValue(kernel), parsed.GetValue(memory), parsed.GetValue(json)));
        return command;
    }

    private static int Evaluate(Terminal terminal, string[] words, string folder, bool needsKernel, int? mebibytes, bool json)
    {
        OptionRange.Require("--memory", mebibytes, needsKernel ? 1 : 0, MostMebibytes);
        (ModelPoint? point, IReadOnlyList<Problem> problems) = Read(words[0], words[1..], folder);
        if (point is null)
        {
            foreach (Problem problem in problems)
            {
                terminal.Messages.WriteLine($"kappa: {problem}");
            }

            return ExitCode.BadInput;
        }

        var options = new PointEvaluationOptions { Threads = Environment.ProcessorCount };
        options = mebibytes is { } most ? options with { KernelMemory = (long)most << 20 } : options;
        string? obstacle = PointEvaluation.KernelObstacle(point, options.KernelMemory);
        if (needsKernel && obstacle is not null)
        {
            throw new BadInputException(words[0], $"{obstacle}. Allow more with --memory, train fewer blocks, or take fewer samples.");
        }

        if (obstacle is null)
        {
            WarnOfTheKernel(terminal, point);
        }

        PointEvaluation evaluation = PointEvaluation.Of(point, options);
        EvaluationView.Print(terminal, evaluation, isKernelUnwanted: options.KernelMemory == 0, json);
        return double.IsFinite(evaluation.Loss) ? ExitCode.Done : ExitCode.NumericalFailure;
    }

    // Whoever waits is told for what.
    private static void WarnOfTheKernel(Terminal terminal, ModelPoint point)
    {
        double outputs = (double)point.Targets.Rows * point.Targets.Columns;
        double parameters = point.TrainedBlocks.Sum(block => (double)block.Length);
        if (terminal.MessagesAreATerminal && outputs * parameters * Math.Min(outputs, parameters) > LongKernel)
        {
            terminal.Messages.WriteLine($"The kernel takes {outputs} backward passes and the singular values of a {outputs} × {parameters} matrix; --memory 0 leaves it out.");
        }
    }

    private static PointReading Read(string path, string[] settings, string folder)
    {
        if (Directory.Exists(path))
        {
            return ReadRun(path, settings);
        }

        if (path.EndsWith(WeightsFile.Extension, StringComparison.OrdinalIgnoreCase))
        {
            return ReadWeights(path, settings);
        }

        if (!File.Exists(path) && !Path.HasExtension(path) && Path.GetFileName(path) == path)
        {
            return ReadRun(new RunStore(RunsFolder.Require(folder)).Find(path), settings);
        }

        return settings.Length == 0
            ? PointFile.Read(path)
            : throw new UsageException($"a point file holds its own model and data and takes no settings but got '{settings[0]}'. Only weights in {WeightsFile.Extension} take them.");
    }

    private static PointReading ReadRun(string folder, string[] settings)
    {
        string checkpoint = new RunFiles(folder).Checkpoint;
        return File.Exists(checkpoint)
            ? ReadWeights(checkpoint, settings)
            : throw new BadInputException(folder, $"must be the folder of a run that has saved its state but has no {Path.GetFileName(checkpoint)}. Name another one, or a file.");
    }

    // As for kappa run, the first word without '=' is a file; without one the specification beside the weights is taken, as in a run folder.
    private static PointReading ReadWeights(string path, string[] words)
    {
        bool namesFile = words.Length > 0 && !words[0].Contains('=', StringComparison.Ordinal);
        string? specification = namesFile ? words[0] : WeightsFile.SpecificationBeside(path);
        if (specification is null && words.Length == 0 && File.Exists(path))
        {
            throw new UsageException($"weights alone do not say what model and data they belong to: give a specification, kappa evaluate {path} spec.yaml, or settings such as width=16.");
        }

        SpecificationReading reading = SpecificationReader.Read(specification, namesFile ? words[1..] : words);
        return reading.Specification is { } read
            ? WeightsFile.Read(path, read, isOtherDataMeant: words.Length > 0)
            : new PointReading(null, reading.Problems);
    }

    // Every word fits the argument, so the parser takes a mistyped option for a setting.
    private static void RefuseOptions(ArgumentResult result)
    {
        foreach (string option in result.Tokens.Select(token => token.Value).Where(word => word.StartsWith('-')))
        {
            result.AddError($"Unrecognized option '{option}'.");
        }
    }
}
