using System.Text;

namespace Kappa.Lab.Specifications;

/// <summary>Writes a specification as YAML: every key that has an effect, in the order of
/// the table, numbers with the shortest text that reads back to the same bits.</summary>
public static class SpecificationWriter
{
    /// <summary>The text; <see cref="SpecificationReader"/> reads an equal specification
    /// from it. Write the resolved form to freeze what follows from other keys.</summary>
    /// <param name="specification">Any specification without problems.</param>
    public static string Write(ExperimentSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        var text = new StringBuilder();
        string group = "";
        foreach (SpecificationKey key in SpecificationKeys.All.Where(key => KeyRules.Applies(key, specification)))
        {
            if (key.Group != group && key.Group.Length > 0)
                _ = text.Append(key.Group).Append(":\n");
            group = key.Group;
            _ = text.Append(group.Length > 0 ? "  " : "").Append(key.Name).Append(": ").Append(key.Format(specification)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>What differs from the defaults, as words of a command line such as <c>ffnWidth=64</c>; empty when nothing
    /// does. A name that two groups have is written with its group, a text that needs quotes as in YAML.</summary>
    /// <param name="specification">Any specification without problems.</param>
    public static IReadOnlyList<string> Changes(ExperimentSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        return
        [
            .. SpecificationKeys.All.Where(key =>
                key.Path == "model.kind" ? specification.Model.Kind != ModelKind.Residual : !key.IsDefault(specification))
                .Select(key =>
                    $"{(SpecificationKeys.All.Count(other => other.Name == key.Name) > 1 ? key.Path : key.Name)}"
                        + $"={key.Format(specification)}"),
        ];
    }
}
