using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Kappa.Certificates;
using Kappa.Cli.Completion;
using Kappa.Lab;
using Kappa.Lab.Figures;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs.Certification;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa certify</c>: whether convergence is certain, from which step on, for which step size and at what rate.</summary>
internal static class CertifyCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> words = Target();
        Option<string[]> theorem = TheoremNames();
        Option<int?> step = OptionRange.Integer(
            "--step", "The step whose weights are certified (default: 0); it is computed again, to the same bits.");
        var fromStep = new Option<string?>("--from-step")
        {
            Description = "Find the first step from which convergence is certain, from this step on (default: 0).",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> stepSize = new Option<string?>("--step-size")
        {
            Description =
                "The step size that the guarantee must be for: a number, or run for the run's own (default: each theorem's choice).",
        }.Completed(Candidates.Words(["run"]));
        var lookAhead = new Option<bool>("--look-ahead")
        { Description = "With --from-step: also what the certificate found says from the first step on." };
        var findScale = new Option<bool>("--find-scale")
        {
            Description = "Also find the smallest factor c that makes the initialisation W_2 = 0, c·W_1 (shallow encoder: w_O = 0, "
                + "c·W_V) certifiable: the price of a certificate.",
        };
        var divisor = new Option<string?>("--step-divisor")
        {
            Description = "h of the path theorems' own step size 1/(hΛ²), above 0.5 (default: 1); 2 certifies earlier at half the step.",
        };
        var floor = new Option<string?>("--floor-fraction")
        {
            Description = "Smallest share of its first value that the path theorems let their floor fall to, from 0 to 1 (default: 0.6); "
                + "less certifies earlier at a slower rate.",
        };
        var memory = new MemoryOption(
            "; also for the Gram matrices of kernel-floor (default: 1024; 64 when other theorems are asked as well)");
        Option<int?> check = OptionRange.Integer(
            "--check",
            "Steps to descend with the certified step size, to see the bound hold (default: as many as a few seconds allow; 0: none).");
        Option<string> folder = RunsFolder.Option();
        Option<int?> threads = OptionRange.Integer(
            "--threads", "Threads of one step (default: all cores). The result does not depend on it.");
        Option<string?> figures = Figures();
        var json = new Option<bool>("--json") { Description = "Print as JSON." };
        Option<bool> exitCode = VerdictOption.Create("convergence is not certified");
        var command = new Command(
            "certify", "Certify convergence: conditions, guaranteed rate and step size, the first certified step of a run.")
        {
            words, theorem, step, fromStep, stepSize, lookAhead, findScale, divisor, floor, memory, check, folder, threads, figures, json,
            exitCode,
        };
        command.SetAction(parsed => Certify(
            terminal,
            new CertifyArguments(
                parsed.GetValue(words)!, parsed.GetValue(theorem)!, parsed.GetValue(step), parsed.GetResult(fromStep) is not null,
                parsed.GetValue(fromStep), parsed.GetValue(stepSize),
                parsed.GetValue(lookAhead), parsed.GetValue(findScale), parsed.GetValue(divisor), parsed.GetValue(floor),
                parsed.GetValue(memory), parsed.GetValue(check), parsed.GetValue(folder)!, parsed.GetValue(threads)),
            parsed.GetValue(figures), parsed.GetValue(json), parsed.GetValue(exitCode)));
        return command;
    }

    private static Argument<string[]> Target()
    {
        Argument<string[]> words = new Argument<string[]>("target")
        {
            Description = "A specification (a YAML file, key=value settings, or both), a run (its name, a unique beginning of it, or its "
                + "folder), or a point (JSON, or weights in .safetensors with their specification).",
            Arity = ArgumentArity.ZeroOrMore,
        }.Completed(Candidates.Settings, Candidates.Runs, Candidates.Files(".yaml", ".yml", ".json", ".safetensors"));
        words.Validators.Add(RefuseOptions);
        return words;
    }

    private static Option<string?> Figures() => new Option<string?>("--figures")
    { Description = "A folder to write the figure into: the steps tried, the descent, and the bound that it may not cross." }
        .Completed(Candidates.Folders);

    private static Option<string[]> TheoremNames() => new Option<string[]>("--theorem")
    {
        Description = $"One of {string.Join(", ", Theorems.All.Select(known => known.Name))}, or all about the target's model. May "
            + "be given several times. kappa list theorems says what they need.",
        DefaultValueFactory = _ => ["all"],
    }.Completed(Candidates.TheoremNames);

    private static int Certify(Terminal terminal, CertifyArguments words, string? figures, bool json, bool isVerdictAsked)
    {
        (CertificationRequest request, string[] targetWords) = ToRequest(words);
        using CertifiedThing target = CertifyTarget.Read(targetWords, words.Folder, words.Threads ?? Environment.ProcessorCount);
        using var interruption = new Interruption();
        interruption.NothingIsLostFromHereOn(() => terminal.Messages.WriteLine("Interrupted; nothing is decided."));
        if (target.Certify(request, interruption.Token) is not { } report)
        {
            foreach (Problem problem in target.Problems ?? [])
            {
                terminal.Messages.WriteLine($"kappa: {problem}");
            }

            return ExitCode.BadInput;
        }

        interruption.FinishFromHereOn();
        CertificationView.Print(terminal, report, json);
        WriteFigure(terminal, report, figures);
        KeepClaims(terminal, target.RunFolder, report);
        return VerdictOption.Code(report.IsNegative, isVerdictAsked);
    }

    // A run that may only be read, such as somebody else's, is certified all the same.
    private static void KeepClaims(Terminal terminal, string? run, CertificationReport report)
    {
        try
        {
            if (run is not null)
            {
                RunClaims.Add(run, report);
            }
        }
        catch (BadInputException refusal)
        {
            terminal.Messages.WriteLine($"kappa: the verdict was not kept in the run. {refusal.Message}");
        }
    }

    private static void WriteFigure(Terminal terminal, CertificationReport report, string? folder)
    {
        if (folder is null)
        {
            return;
        }

        if (CertificationFigure.Of(report) is not { } figure)
        {
            terminal.Messages.WriteLine("kappa: no figure was written, for nothing is guaranteed that was observed.");
            return;
        }

        WrittenFigure written = FigureFiles.Write(figure, folder);
        foreach (string line in written.Paths.Select(path => $"Wrote {path}").Concat(written.Notices))
        {
            terminal.Messages.WriteLine(line);
        }
    }

    private static (CertificationRequest Request, string[] Target) ToRequest(CertifyArguments words)
    {
        OptionRange.Require("--threads", words.Threads, 1, OptionRange.MostThreads);
        OptionRange.Require("--step", words.Step, 0, int.MaxValue);
        OptionRange.Require("--check", words.Check, 0, int.MaxValue);
        if (words.IsSearch && words.Step is not null)
        {
            throw new UsageException("--step asks about one step and --from-step looks for the first one; give one of them.");
        }

        if (words.LooksAhead && !words.IsSearch)
        {
            throw new UsageException("--look-ahead carries what --from-step finds back to its first step; give --from-step as well.");
        }

        if (words.FindsScale && words.IsSearch)
        {
            throw new UsageException("--find-scale is about one point and --from-step about a path; give one of them.");
        }

        // Its value may be left out, and then the next word is one of the target's.
        bool hasFirst = long.TryParse(words.FromStep, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long first);
        if (first < 0)
        {
            throw new UsageException($"--from-step must be from 0 to {int.MaxValue} but is {first}.");
        }

        (double? stepSize, bool isOwn) = StepSize(words.StepSize);
        var request = new CertificationRequest
        {
            Theorems = Chosen(words.Theorems),
            Step = words.IsSearch ? first : words.Step ?? 0,
            IsSearch = words.IsSearch,
            StepSize = stepSize,
            UsesRunStepSize = isOwn,
            LooksAhead = words.LooksAhead,
            FindsScale = words.FindsScale,
            StepDivisor = Number("--step-divisor", words.Divisor, 0.5, double.PositiveInfinity) ?? CertificateOptions.Default.StepDivisor,
            FloorFraction = Number("--floor-fraction", words.Floor, 0, 1) ?? CertificateOptions.Default.FloorFraction,
            MemoryLimit = (long?)words.Memory << 20,
            CheckSteps = words.Check,
        };
        return (request, hasFirst || words.FromStep is null ? words.Target : [words.FromStep, .. words.Target]);
    }

    private static IReadOnlyList<Theorem> Chosen(string[] names)
    {
        foreach (string name in names.Where(name => name != "all" && Theorems.Find(name) is null))
        {
            throw new UsageException(
                $"--theorem must be all or one of {string.Join(", ", Theorems.All.Select(known => known.Name))} but is '{name}'. See "
                    + $"kappa list theorems.");
        }

        return names.Contains("all") ? [] : [.. names.Select(name => Theorems.Find(name)!).Distinct()];
    }

    private static (double? StepSize, bool IsOwn) StepSize(string? word) => word switch
    {
        null => (null, false),
        "run" => (null, true),
        _ when double.TryParse(
            word, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number > 0 && double.IsFinite(number) =>
            (number, false),
        _ => throw new UsageException($"--step-size must be a positive number or run but is '{word}'."),
    };

    private static double? Number(string option, string? word, double above, double below) =>
        word is null ? null
        : double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number > above
            && number < below ? number
        : throw new UsageException(
            $"{option} must be a number {(double.IsFinite(below) ? $"between {Text(above)} and {Text(below)}" : $"above {Text(above)}")} "
                + $"but is '{word}'.");

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    // Every word fits the argument, so the parser takes a mistyped option for a setting.
    private static void RefuseOptions(ArgumentResult result)
    {
        foreach (string option in result.Tokens.Select(token => token.Value).Where(word => word.StartsWith('-')))
        {
            result.AddError($"Unrecognized option '{option}'.");
        }
    }

    private sealed record CertifyArguments(
        string[] Target, string[] Theorems, int? Step, bool IsSearch, string? FromStep, string? StepSize, bool LooksAhead, bool FindsScale,
        string? Divisor, string? Floor, int? Memory, int? Check, string Folder, int? Threads);
}
