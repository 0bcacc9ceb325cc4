using System.CommandLine;
using System.Text.Json;
using Kappa.Certificates;
using Kappa.Lab.Certification;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa cite</c>: the references of the theorems, as text or BibTeX.</summary>
internal static class CiteCommand
{
    public static Command Create(Terminal terminal)
    {
        var names = new Argument<string[]>("theorems") { Description = "Theorems by name or label (default: all); kappa list theorems names them.", Arity = ArgumentArity.ZeroOrMore };
        var bibtex = new Option<bool>("--bibtex") { Description = "Print as BibTeX." };
        var json = new Option<bool>("--json") { Description = "Print as JSON." };
        var command = new Command("cite", "Print the references of the theorems that Kappa evaluates.") { names, bibtex, json };
        command.SetAction(parsed => Cite(terminal, parsed.GetValue(names)!, parsed.GetValue(bibtex), parsed.GetValue(json)));
        return command;
    }

    private static int Cite(Terminal terminal, string[] names, bool bibtex, bool json)
    {
        if (bibtex && json)
        {
            throw new UsageException("--bibtex and --json are two forms of the same; give one of them.");
        }

        Theorem[] theorems = names.Length == 0 ? [.. Theorems.All] : [.. names.Select(Find).Distinct()];
        IReadOnlyList<Reference> references = Bibliography.Of(theorems);
        if (json)
        {
            terminal.Results.WriteLine(JsonSerializer.Serialize(new
            {
                schemaVersion = 1,
                references = references.Select(reference => new { key = reference.Key, text = reference.ToText(), authors = reference.Authors, title = reference.Title, year = reference.Year, arxiv = reference.Arxiv, bibtex = reference.ToBibTeX() }),
                theorems = theorems.Select(theorem => new { name = theorem.Name, sources = theorem.Sources.Select(source => new { key = source.Key, citation = source.Citation, asRecalled = source.AsRecalled }) }),
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

            PlainText.Paragraph(terminal.Results, 0, $"[{reference.Key}] {reference.ToText()}", hanging: 2);
            string[] used = [.. theorems.Where(theorem => theorem.Sources.Any(source => source.Key == reference.Key)).Select(theorem => $"{theorem.Name} ({theorem.Label}{(theorem.Sources.First(source => source.Key == reference.Key).AsRecalled ? ", as recalled" : string.Empty)})")];
            PlainText.Paragraph(terminal.Results, 2, $"for {string.Join(", ", used)}", hanging: 2);
        }

        return ExitCode.Done;
    }

    private static Theorem Find(string name) => Theorems.Find(name)
        ?? throw new UsageException($"a theorem must be one of {string.Join(", ", Theorems.All.Select(known => known.Name))} but is '{name}'. See kappa list theorems.");
}
