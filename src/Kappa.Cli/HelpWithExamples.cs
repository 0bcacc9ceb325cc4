using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Kappa.Cli;

/// <summary>Help that ends with commands a reader can copy.</summary>
internal sealed class HelpWithExamples(SynchronousCommandLineAction standard, int width) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new(StringComparer.Ordinal)
    {
        ["kappa"] =
        [
            "kappa reproduce residual --quick              which claims of the residual paper hold on this machine, in a minute",
            "kappa run depth=2 attentionResidual=0         one run, its spectra at every step in runs/",
            "kappa show RUN                                rate, spectra and stop reason of a run",
        ],
        ["reproduce"] = ["kappa reproduce residual --quick", "kappa reproduce residual", "kappa reproduce kernels --quick"],
        ["residual"] = [
            "kappa reproduce residual --quick", "kappa reproduce residual --seeds 10 --out runs/residual-ten-seeds",
            "kappa reproduce residual --quick --json | jq '.claims[] | {id, verdict}'"],
        ["kernels"] = ["kappa reproduce kernels --quick", "kappa reproduce kernels --imdb aclImdb --pathfinder pathfinder32/curv_baseline"],
        ["shallow"] = ["kappa reproduce shallow --quick", "kappa reproduce shallow --mnist digits/"],
        ["run"] =
        [
            "kappa run",
            "kappa run width=32 ffnWidth=64 samples=4 depth=2 steps=5000 'stepSize=auto(0.3)'",
            "kappa run experiment.yaml seed=3 --show       the resolved specification, nothing is run",
            "kappa run source=text path=notes/ tokens=8    byte windows of the text files below notes/",
            "kappa run source=arrays inputs=x.npy targets=y.npy width=24",
            "kappa run 'stepSize=same(RUN)' attentionResidual=0",
            "kappa run --resume RUN                        continue an interrupted run to the same bits",
        ],
        ["sweep"] = [
            "kappa sweep sweep.yaml --show", "kappa sweep depth=1,2,4 'seed=range(0,20)'", "kappa sweep sweep.yaml --slurm --dry-run"],
        ["list"] = ["kappa list", "kappa list keys", "kappa list --out study/ --json"],
        ["keys"] = ["kappa list keys", "kappa list keys --json | jq '.keys[] | {key, type}'"],
        ["show"] = ["kappa show 3f9a", "kappa show runs/3f9a41c20b --json"],
        ["evaluate"] =
        [
            "kappa evaluate point.json                     a point written by another program, see docs/guide/evaluate.md",
            "kappa evaluate point.json --json | jq .pl_ratio",
            "kappa evaluate point.json --matrix-free --hessian   estimates of a kernel that does not fit, and the sharpness",
            "kappa evaluate point.json --figures spectrum  where the kernel's eigenvalues are, as a figure",
            "kappa evaluate weights.safetensors spec.yaml source=arrays path=data.npz",
            "kappa evaluate 3f9a                           the last state of a run",
            "kappa evaluate 3f9a data.seed=1               its weights on other data",
        ],
        ["landscape"] = [
            "kappa landscape 3f9a --directions pca",
            "kappa landscape 3f9a --directions curvature --span 0.5 --json | jq .numbers.localMinima",
            "kappa landscape runs/3f9a41c20b/checkpoint.safetensors --grid 101"],
        ["report"] = [
            "kappa report SWEEP --x stepSize --y depth --to figures/    other swept keys become panels",
            "kappa report SWEEP --json | jq .converges"],
        ["selftest"] = ["kappa selftest", "kappa selftest --certified-runs 100000", "kappa selftest --json"],
        ["bench"] =
        [
            "kappa bench --quick                           one training step at four sizes, beside PyTorch's if it is installed",
            "kappa bench --suite all --out benchmarks/results",
            "kappa bench --suite step,sweep --sizes 16,8x8x24x48 --threads 1 --precision double",
            "kappa bench --from FOLDER --readme README.md  the speed table of a page from recorded rows",
        ],
    };

    private static readonly Dictionary<string, string[]> QuestionExamples = new(StringComparer.Ordinal)
    {
        ["certify"] =
        [
            "kappa certify                                 is convergence certain from the initial point?",
            "kappa certify ffnWidth=64 --from-step         from which step of the run on?",
            "kappa certify --find-scale                    how must the initialisation be scaled for it to be certain?",
            "kappa certify RUN --step 500 --theorem path   from this step of a recorded run?",
            "kappa certify point.json --json | jq .verdict",
        ],
        ["theorems"] = ["kappa list theorems", "kappa list theorems --json | jq '.theorems[].statement'"],
        ["cite"] = [
            "kappa cite", "kappa cite 3f9a                               what one run used", "kappa cite path --bibtex > kappa.bib"],
        ["compare"] = [
            "kappa compare 3f9a 81c0                       keys, results, and where the losses part",
            "kappa compare 'attentionResidual=0' 'attentionResidual=1'"],
        ["aggregate"] =
        [
            "kappa aggregate                               every specification, over its seeds",
            "kappa aggregate depth=1,2 --by depth --of rate,finalLoss",
            "kappa aggregate --sweep 5d1f --format csv",
        ],
        ["query"] =
        [
            "kappa query \"SELECT name, depth, rate FROM runs WHERE rateOutcome = 'linear' ORDER BY rate DESC\"",
            "kappa query \"SELECT run, max FROM telemetry_summary WHERE column = 'loss'\" --format csv",
            "kappa query --schema                          the views and their columns",
        ],
        ["completion"] = [
            "eval \"$(kappa completion bash)\"              now, or in ~/.bashrc",
            "kappa completion fish > ~/.config/fish/completions/kappa.fish"],
        ["index"] = ["kappa index", "kappa index --rebuild --out study/"],
        ["export"] = ["kappa export 3f9a --as csv", "kappa export SWEEP --as mlflow --to exports"],
        ["rerun"] = [
            "kappa rerun 3f9a --verify                     the same bits, or the first difference", "kappa rerun 3f9a --to again/"],
    };

    /// <summary>Replaces the help of <paramref name="root"/> and all its subcommands.</summary>
    /// <param name="root">The program.</param>
    /// <param name="width">Columns of a line.</param>
    public static void AttachTo(RootCommand root, int width)
    {
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: SynchronousCommandLineAction standard } help)
            {
                help.Action = new HelpWithExamples(standard, width);
            }
        }
    }

    /// <summary>Whoever asks for help is not told what is missing.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        int code = InvokeStandard(parseResult, output);
        Command command = parseResult.CommandResult.Command;
        string name = command is RootCommand ? "kappa" : command.Name;
        if (Examples.TryGetValue(name, out string[]? lines) || QuestionExamples.TryGetValue(name, out lines))
        {
            output.WriteLine(CommandName.Here == CommandName.Installed
                ? "Examples:"
                : $"Examples; here kappa is {CommandName.Here}:");
            foreach (string line in lines.SelectMany(Example).SelectMany(Fitting))
            {
                output.WriteLine(line);
            }
        }

        return code;
    }

    // Where both do not fit in a line, what a command does stands below it and not within what would be copied.
    private IEnumerable<string> Example(string line)
    {
        int gap = line.IndexOf("  ", StringComparison.Ordinal);
        return gap < 0 || line.Length + 2 <= width ? [$"  {line}"] : [$"  {line[..gap]}", $"      {line[gap..].TrimStart()}"];
    }

    // The library breaks no lines where there is no terminal, and calls the program by its file.
    private int InvokeStandard(ParseResult parseResult, TextWriter output)
    {
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        try
        {
            int code = standard.Invoke(parseResult);
            foreach (
                string line in text.ToString().ReplaceLineEndings("\n").TrimEnd('\n')
                    .Replace("  Kappa.Cli", "  kappa", StringComparison.Ordinal).Split('\n').SelectMany(Fitting))
            {
                output.WriteLine(line.TrimEnd());
            }

            output.WriteLine();
            return code;
        }
        finally
        {
            parseResult.InvocationConfiguration.Output = output;
        }
    }

    // Later lines stand below the text: below the second column where there are two.
    private IEnumerable<string> Fitting(string line)
    {
        if (line.Length <= width)
        {
            return [line];
        }

        int indent = line.Length - line.TrimStart().Length;
        int gap = line.IndexOf("  ", indent, StringComparison.Ordinal);
        int second = gap < 0 ? -1 : gap + (line[gap..].Length - line[gap..].TrimStart().Length);
        return second > 0 && second <= width / 2
            ? PlainText.Wrapped(line[second..], width - second).Select((part, k) =>
                (k == 0 ? line[..second] : new string(' ', second)) + part)
            : PlainText.Wrapped(line, width - indent, hanging: 4).Select(part => new string(' ', indent) + part);
    }
}
