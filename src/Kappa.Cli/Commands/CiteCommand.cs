using System.CommandLine;
using System.Text.Json;
using Kappa.Certificates;
using Kappa.Cli.Completion;
using Kappa.Lab.Runs.Certification;
using Kappa.Lab.Store;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa cite</c>: the references of theorems, or of what a run used, as text or BibTeX.</summary>
internal static class CiteCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> names = new Argument<string[]>("what")
        {
            Description = "Theorems by name or label (default: all; kappa list theorems names them), or one run.",
            Arity = ArgumentArity.ZeroOrMore,
        }.Completed(Candidates.TheoremNames, Candidates.Runs);
        var bibtex = new Option<bool>("--bibtex") { Description = "Print as BibTeX." };
        var json = new Option<bool>("--json") { Description = "Print as JSON." };
        Option<string> folder = RunsFolder.Option();
        var command = new Command(
            "cite", "Print the references of theorems, or those of the methods that a run used.") { names, bibtex, json, folder };
        command.SetAction(parsed =>
        {
            string[] given = parsed.GetValue(names)!;
            if (parsed.GetValue(bibtex) && parsed.GetValue(json))
            {
                throw new UsageException("--bibtex and --json are two forms of the same; give one of them.");
            }

            return given is [var run] && Theorems.Find(run) is null && IsRun(parsed.GetValue(folder)!, run)
                ? CiteRun(terminal, Target.Find(parsed.GetValue(folder)!, run), parsed.GetValue(bibtex), parsed.GetValue(json))
                : Cite(terminal, given, parsed.GetValue(bibtex), parsed.GetValue(json));
        });
        return command;
    }

    // What no run begins with is taken for a mistyped theorem.
    private static bool IsRun(string store, string name) => name.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
        || (Directory.Exists(store) && new RunStore(store).Has(name));

    private static int CiteRun(Terminal terminal, string path, bool bibtex, bool json)
    {
        RunRecord run = RunRecord.Read(path);
        IReadOnlyList<RunReference> references = RunReference.Of(run.Specification, TelemetryReader.Read(run.Files.Telemetry).Columns);
        if (json)
        {
            terminal.Results.WriteLine(JsonSerializer.Serialize(new
            {
                schemaVersion = 1,
                run = run.Name,
                references = references.Select(one =>
                    new { key = one.Reference.Key, use = one.Use, text = one.Reference.ToText(), bibtex = one.Reference.ToBibTeX() }),
            }));
            return ExitCode.Done;
        }

        foreach (RunReference one in references)
        {
            if (bibtex)
            {
                terminal.Results.WriteLine(one.Reference.ToBibTeX());
                continue;
            }

            terminal.Paragraph(0, $"[{one.Reference.Key}] {one.Reference.ToText()}", hanging: 2);
            terminal.Paragraph(2, $"for {one.Use}", hanging: 2);
        }

        return ExitCode.Done;
    }

    private static int Cite(Terminal terminal, string[] names, bool bibtex, bool json)
    {
        Theorem[] theorems = names.Length == 0 ? [.. Theorems.All] : [.. names.Select(Find).Distinct()];
        IReadOnlyList<Reference> references = Bibliography.Of(theorems);
        if (json)
        {
            terminal.Results.WriteLine(JsonSerializer.Serialize(new
            {
                schemaVersion = 1,
                references = references.Select(reference =>
                    new
                    {
                        key = reference.Key,
                        text = reference.ToText(),
                        authors = reference.Authors,
                        title = reference.Title,
                        year = reference.Year,
                        arxiv = reference.Arxiv,
                        bibtex = reference.ToBibTeX(),
                    }),
                theorems = theorems.Select(theorem =>
                    new
                    {
                        name = theorem.Name,
                        sources = theorem.Sources.Select(source =>
                            new { key = source.Key, citation = source.Citation, asRecalled = source.AsRecalled }),
                    }),
            }));
            return ExitCode.Done;
        }

        foreach (Reference reference in references)
        {
            if (bibtex)
            {
                terminal.Results.WriteLine(reference.ToBibTeX());
                continue;
            }

            terminal.Paragraph(0, $"[{reference.Key}] {reference.ToText()}", hanging: 2);
            string[] used = [
                .. theorems.Where(theorem => theorem.Sources.Any(source => source.Key == reference.Key)).Select(theorem =>
                    $"{theorem.Name} ({theorem.Label}"
                        + (theorem.Sources.First(source => source.Key == reference.Key).AsRecalled ? ", as recalled)" : ")"))];
            terminal.Paragraph(2, $"for {string.Join(", ", used)}", hanging: 2);
        }

        return ExitCode.Done;
    }

    private static Theorem Find(string name) => Theorems.Find(name)
        ?? throw new UsageException(
            $"a theorem must be one of {string.Join(", ", Theorems.All.Select(known => known.Name))} but is '{name}'. See kappa list "
                + $"theorems.");
}
