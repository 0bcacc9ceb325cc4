using System.Reflection;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>What is public is a promise, and changing it is a decision: the surface
/// is kept as text and compared. Nothing here rewrites the approved text.</summary>
public sealed class PublicSurfaceTests
{
    private static readonly string[] Promised = ["Kappa", "Kappa.Lab"];

    /// <summary>An assembly without an approved text has promised nothing yet; from its first text on every change is compared.</summary>
    [Fact]
    public void The_public_surface_of_each_assembly_is_the_approved_one()
    {
        List<string> changes = [];
        foreach (string name in Promised)
        {
            IReadOnlyList<string> now = PublicSurface.Of(Assembly.Load(name));
            string received = Path.Combine(AppContext.BaseDirectory, $"{name}.received.txt"), approvedPath = $"tests/Approved/{name}.txt";
            File.WriteAllText(received, string.Join('\n', now) + '\n');
            if (!Repository.Files.Contains(approvedPath))
                continue;
            string[] approved = Repository.Read(approvedPath).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (!approved.SequenceEqual(now))
                changes.Add(
                    $"The public surface of {name} has changed:\n{Difference(approved, now)}\nMake it internal, or if it is meant as a "
                        + $"promise: cp {received} {approvedPath}, and commit it with the change.");
        }

        Assert.True(changes.Count == 0, string.Join('\n', changes));
    }

    [Fact]
    public void A_surface_names_kinds_members_passing_and_defaults()
    {
        IReadOnlyList<string> surface = PublicSurface.Of(typeof(Matrix).Assembly);
        Assert.Contains(surface, line => line.StartsWith("struct Kappa.Numerics.Matrix<T>", StringComparison.Ordinal));
        Assert.Contains(surface, line => line == "  int Rows { get; }");
        Assert.Contains(surface, line => line.Contains("in Matrix ", StringComparison.Ordinal));
        Assert.Contains(surface, line => line.Contains("long start = 0", StringComparison.Ordinal));
        Assert.DoesNotContain(
            surface, line => line.Contains("<Clone>", StringComparison.Ordinal) || line.Contains(" Equals(", StringComparison.Ordinal));
    }

    /// <summary>Lines that went (−) and came (+), each under the type it belongs to.</summary>
    private static string Difference(IEnumerable<string> approved, IEnumerable<string> now)
    {
        HashSet<string> before = [.. WithOwner(approved)], after = [.. WithOwner(now)];
        return string.Join(
            '\n', before.Except(after).Select(line => $"- {line}").Concat(after.Except(before).Select(line => $"+ {line}")).Take(60));
    }

    private static IEnumerable<string> WithOwner(IEnumerable<string> lines)
    {
        string owner = "";
        foreach (string line in lines)
        {
            if (!line.StartsWith(' '))
                owner = line.Split(" : ")[0];
            yield return line.StartsWith(' ') ? $"{owner}: {line.Trim()}" : line;
        }
    }
}
