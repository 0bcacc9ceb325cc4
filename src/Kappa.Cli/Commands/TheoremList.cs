using System.Text.Json;
using Kappa.Certificates;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa list theorems</c>: what each says, what it needs, where its proof is, and where it comes from.</summary>
internal static class TheoremList
{
    public static int Print(Terminal terminal, bool json)
    {
        if (json)
        {
            terminal.Results.WriteLine(JsonSerializer.Serialize(new
            {
                schemaVersion = 1,
                theorems = Theorems.All.Select(theorem => new
                {
                    name = theorem.Name,
                    label = theorem.Label,
                    title = theorem.Title,
                    statement = theorem.Statement,
                    page = theorem.Page,
                    sources = theorem.Sources.Select(source =>
                        new { key = source.Key, citation = source.Citation, asRecalled = source.AsRecalled }),
                }),
            }));
            return ExitCode.Done;
        }

        foreach (Theorem theorem in Theorems.All)
        {
            terminal.Paragraph(0, $"{theorem.Name} ({theorem.Label}): {theorem.Title}");
            terminal.Paragraph(2, theorem.Statement);
            terminal.Paragraph(2, $"Proof: {theorem.Page}");
            foreach (Source source in theorem.Sources)
            {
                terminal.Paragraph(
                    2, $"[{source.Key}] {source.Citation}{(source.AsRecalled ? " (as recalled)" : string.Empty)}", hanging: 2);
            }

            terminal.Results.WriteLine();
        }

        terminal.Paragraph(0, $"Ask one: {CommandName.Here} certify --theorem NAME. Cite them: {CommandName.Here} cite.");
        return ExitCode.Done;
    }
}
