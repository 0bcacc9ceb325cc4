using Kappa.Lab.Formats;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>Parameters of a model as arrays by name, as files and checkpoints hold them.</summary>
internal static class NamedParameters
{
    /// <summary>The blocks of a layout, copied.</summary>
    public static Dictionary<string, NdArray> Of(ModelParameters parameters) => parameters.Layout.Blocks.ToDictionary(
        block => block.Name, block => new NdArray([block.Rows, block.Columns], parameters[block].Span.ToArray()), StringComparer.Ordinal);

    /// <summary>The tensors of a file; of a checkpoint those that are current weights.</summary>
    public static Dictionary<string, NdArray> Of(SafetensorsContent content)
    {
        bool isCheckpoint = RunCheckpoint.IsOne(content);
        return content.Tensors.Where(tensor => !(isCheckpoint && RunCheckpoint.IsState(tensor.Name))).ToDictionary(
            tensor => tensor.Name, tensor => tensor.Value, StringComparer.Ordinal);
    }

    /// <summary>Writes arrays into the parameters of a model: each block under its name, finite, and nothing else.</summary>
    /// <param name="arrays">The arrays.</param>
    /// <param name="into">Overwritten, as far as it goes.</param>
    /// <param name="problems">Takes what is wrong.</param>
    /// <param name="unknown">What to say of a name that the model does not have.</param>
    public static void Read(
        IReadOnlyDictionary<string, NdArray> arrays, ModelParameters into, ProblemList problems, Func<string, string> unknown)
    {
        var missing = new List<string>();
        foreach (ParameterBlock block in into.Layout.Blocks)
        {
            if (!arrays.TryGetValue(block.Name, out NdArray? array))
                missing.Add(block.Name);
            else if (MatrixProblems.WrongShape(array.Shape, block.Rows, block.Columns, "") is { } wrong)
                problems.Add(block.Name, wrong);
            else if (MatrixProblems.NonFinite(array) is var (indices, value, count))
                problems.Add(block.Name + indices, NumberArrayReader.NonFiniteMessage(FormattableString.Invariant($"{value}"), count));
            else
                array.Data.CopyTo(into[block].Span);
        }

        foreach (string name in arrays.Keys.Except(into.Layout.Blocks.Select(block => block.Name), StringComparer.Ordinal))
            problems.Add(Shown.Of(name), () => unknown(name));
        if (missing.Count > 0)
            problems.Add("", MatrixProblems.Missing(missing));
    }
}
