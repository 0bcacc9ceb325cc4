using System.CommandLine;
using System.CommandLine.Parsing;
using Kappa.Certificates;
using Kappa.Cli.Completion;
using Kappa.Lab;
using Kappa.Lab.Figures;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Spectra;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa evaluate POINT</c>: everything that can be said of a
/// point without a step, also of one that another program made.</summary>
internal static class EvaluateCommand
{

    // Seconds that somebody waits without wondering.
    private const double ShortKernel = 10;
    private const double LossAgreement = 1e-5;

    public static Command Create(Terminal terminal)
    {
        Argument<string[]> words = new Argument<string[]>("point")
        {
            Description = "A point in JSON; or weights in .safetensors, then a YAML file and key=value settings that give model and "
                + "data; or a run, by its name, a unique beginning of it, or its folder; settings change what it is evaluated on.",
            Arity = ArgumentArity.OneOrMore,
        }.Completed(Candidates.Runs, Candidates.Settings, Candidates.Files(".json", ".safetensors", ".yaml", ".yml"));
        words.Validators.Add(RefuseOptions);
        var kernel = new Option<bool>("--kernel")
        { Description = "Compute the kernel in full however long it takes, and fail when it does not fit into the memory." };
        var memory = new MemoryOption(
            "; also for the passes of a point (default: 4096), for the kernel, and for the vectors of what is estimated (default: 1024 "
                + "each); 0 leaves the kernel out",
            least: 0);
        var matrixFree = new Option<bool>("--matrix-free")
        {
            Description = "Estimate the kernel's largest and smallest eigenvalue from products with it (P.7); done anyway where the "
                + "kernel in full does not fit.",
        };
        var hessian = new Option<bool>("--hessian")
        { Description = "Also estimate the sharpness and the smallest eigenvalue of the Hessian of the loss (R.7)." };
        var density = new Option<bool>("--density") { Description = "Also estimate where the kernel's eigenvalues are (P.8)." };
        Option<string?> figures = new Option<string?>("--figures")
        { Description = "A folder to write the figure of that density into; implies --density." }.Completed(Candidates.Folders);
        Option<string> folder = RunsFolder.Option();
        var json = new Option<bool>("--json")
        { Description = "Print loss, gradient, output, spectra and kernel eigenvalues as JSON, every bit of them." };
        Option<bool> exitCode = VerdictOption.Create("none of the theorems certifies convergence from the point");
        var command = new Command(
            "evaluate", "Evaluate a point: loss, gradient, PL ratio, spectra of every block, eigenvalues of the kernel, certificates.")
        {
            words, kernel, memory, matrixFree, hessian, density, figures, folder, json, exitCode,
        };
        command.SetAction(parsed => Evaluate(
            terminal, parsed.GetValue(words)!, parsed.GetValue(folder)!,
            new EvaluateArguments(
                parsed.GetValue(kernel), parsed.GetValue(memory), parsed.GetValue(matrixFree), parsed.GetValue(hessian),
                parsed.GetValue(density), parsed.GetValue(figures), parsed.GetValue(exitCode)),
            parsed.GetValue(json)));
        return command;
    }

    private static int Evaluate(Terminal terminal, string[] words, string folder, EvaluateArguments wishes, bool json)
    {
        PointEvaluationOptions options = ToOptions(wishes);
        PointReading reading = Read(words[0], words[1..], folder);
        using ModelPoint? point = reading.Point;
        if (point is null)
        {
            foreach (Problem problem in reading.Problems)
            {
                terminal.Messages.WriteLine($"kappa: {problem}");
            }

            return ExitCode.BadInput;
        }

        if (wishes.NeedsKernel && PointEvaluation.KernelObstacle(point, options.KernelMemory) is { } obstacle)
        {
            throw new BadInputException(
                words[0],
                $"{obstacle}. Allow more with --memory, estimate its ends with --matrix-free, train fewer blocks, or take fewer samples.");
        }

        if (options is { KernelMemory: > 0, IsMatrixFree: false })
        {
            WriteForecast(terminal, PointEvaluation.ForecastOf(point, options), options.KernelMemory);
        }

        PointEvaluation evaluation = PointEvaluation.Of(point, options);
        EvaluationView.Print(terminal, evaluation, json);
        WriteDisagreement(terminal, point.Name, evaluation.Loss, reading.ExpectedLoss);
        WriteFigure(terminal, KernelDensityFigure.Of(evaluation), wishes.Figures);
        return Code(evaluation.Loss, evaluation.Certificates, wishes);
    }

    // A loss in single precision is right to six digits or so; another ε, activation or orientation of a matrix changes earlier ones.
    private static void WriteDisagreement(Terminal terminal, string name, double loss, double? expected)
    {
        if (expected is { } other && Math.Abs(loss - other) > LossAgreement * Math.Abs(other))
        {
            terminal.Messages.WriteLine(
                $"kappa: {name}: the loss is {PlainText.Number(loss)} but the file expects {PlainText.Number(other)}: this is another "
                    + $"model, or other weights or data, than those of the program that wrote it.");
        }
    }

    private static int Code(double loss, IEnumerable<Certificate> certificates, EvaluateArguments wishes) =>
        double.IsFinite(loss)
            ? VerdictOption.Code(certificates.All(certificate => certificate.Guarantee is null), wishes.IsVerdictAsked)
            : ExitCode.NumericalFailure;

    private static PointEvaluationOptions ToOptions(EvaluateArguments wishes)
    {
        OptionRange.Require("--memory", wishes.Mebibytes, wishes.NeedsKernel || wishes.IsMatrixFree ? 1 : 0, MemoryOption.MostMebibytes);
        if (wishes is { NeedsKernel: true, IsMatrixFree: true })
        {
            throw new UsageException(
                "--kernel asks for every eigenvalue of the kernel and --matrix-free for its ends alone; give one of them.");
        }

        var options = new PointEvaluationOptions
        {
            IsMatrixFree = wishes.IsMatrixFree,
            WithHessian = wishes.WithHessian,
            WithDensity = wishes.WithDensity || wishes.Figures is not null,
        };
        options = wishes.Mebibytes is { } most ? options with { KernelMemory = (long)most << 20 } : options;
        return wishes.NeedsKernel ? options with { KernelSeconds = double.PositiveInfinity } : options;
    }

    // Before the work: whoever waits, or gets an estimate, is told why.
    private static void WriteForecast(Terminal terminal, KernelForecast forecast, long memory)
    {
        if (forecast.Route != KernelRoute.Full)
        {
            string remedy = forecast.Full.Bytes > memory ? "Allow more with --memory." : "Compute it nevertheless with --kernel.";
            terminal.Messages.WriteLine($"Kernel: {forecast.Reason} {remedy}");
        }
        else if (terminal.MessagesAreATerminal && forecast.Full.Seconds > ShortKernel)
        {
            terminal.Messages.WriteLine($"Kernel: {forecast.Reason} --matrix-free estimates its ends, --memory 0 leaves it out.");
        }
    }

    private static void WriteFigure(Terminal terminal, Figure? drawn, string? folder)
    {
        if (folder is null)
        {
            return;
        }

        if (drawn is not { } figure)
        {
            terminal.Messages.WriteLine("kappa: no figure was written, for there is no density to draw.");
            return;
        }

        WrittenFigure written = FigureFiles.Write(figure, folder);
        foreach (string line in written.Paths.Select(path => $"Wrote {path}").Concat(written.Notices))
        {
            terminal.Messages.WriteLine(line);
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
            return ReadRun(Target.Find(folder, path), settings);
        }

        return settings.Length == 0
            ? PointFile.Read(path, Environment.ProcessorCount)
            : throw new UsageException(
                $"a point file holds its own model and data and takes no settings but got '{settings[0]}'. Only weights in "
                    + $"{WeightsFile.Extension} take them.");
    }

    private static PointReading ReadRun(string folder, string[] settings)
    {
        string checkpoint = new RunFiles(folder).Checkpoint;
        return File.Exists(checkpoint)
            ? ReadWeights(checkpoint, settings)
            : throw new BadInputException(
                folder,
                $"must be the folder of a run that has saved its state but has no {Path.GetFileName(checkpoint)}. Name another one, or a "
                    + $"file.");
    }

    // As for kappa run, the first word without '=' is a file; without one
    // the specification beside the weights is taken, as in a run folder.
    private static PointReading ReadWeights(string path, string[] words)
    {
        bool namesFile = words.Length > 0 && !words[0].Contains('=', StringComparison.Ordinal);
        string? specification = namesFile ? words[0] : WeightsFile.SpecificationBeside(path);
        if (specification is null && words.Length == 0 && File.Exists(path))
        {
            throw new UsageException(
                $"weights alone do not say what model and data they belong to: give a specification, kappa evaluate {path} spec.yaml, or "
                    + $"settings such as width=16.");
        }

        SpecificationReading reading = SpecificationReader.Read(specification, namesFile ? words[1..] : words);
        return reading.Specification is { } read
            ? WeightsFile.Read(path, read, isOtherDataMeant: words.Length > 0, Environment.ProcessorCount)
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

    private sealed record EvaluateArguments(
        bool NeedsKernel, int? Mebibytes, bool IsMatrixFree, bool WithHessian, bool WithDensity, string? Figures, bool IsVerdictAsked);
}
