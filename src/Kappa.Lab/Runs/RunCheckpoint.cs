using Kappa.Descent;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <summary>checkpoint.safetensors of a run: the state before one step, bit
/// for bit, so that a continued run equals an uninterrupted one.</summary>
/// <remarks>
/// Every parameter stands under its own name, so any safetensors reader finds the weights; the initial ones under <c>initial.</c>, the
/// vectors of the method as <c>state.moment.k</c>. The data fingerprint is stored with them: a state must not be continued on other data.
/// </remarks>
internal static class RunCheckpoint
{
    private const string Kind = "kappa-descent-state";
    private const int Version = 1;
    private const string InitialPrefix = "initial.";
    private const string StatePrefix = "state.";
    private const string PathLength = StatePrefix + "path_length";

    /// <summary>Whether a file of tensors calls itself a state of this kind.</summary>
    public static bool IsOne(SafetensorsContent content) => content.Metadata.GetValueOrDefault("kappa.kind") == Kind;

    /// <summary>Whether a tensor belongs to the state but not to the current weights.</summary>
    public static bool IsState(string tensor) =>
        tensor.StartsWith(InitialPrefix, StringComparison.Ordinal) || tensor.StartsWith(StatePrefix, StringComparison.Ordinal);

    /// <summary>Writes the state, replacing an earlier checkpoint as a whole.</summary>
    public static void Write(string path, DescentState state, string dataFingerprint)
    {
        var checkpoint = new Checkpoint(Kind, Version);
        AddWeights(checkpoint, state.Parameters, string.Empty);
        AddWeights(checkpoint, state.InitialParameters, InitialPrefix);
        for (int k = 0; k < state.Moments.Count; k++)
        {
            checkpoint.AddTensor(MomentName(k), [state.Moments[k].Length], [.. state.Moments[k]]);
        }

        checkpoint.AddInteger("step", state.Step);
        checkpoint.AddNumber(StatePrefix + "step_size", state.StepSize);
        checkpoint.AddNumber(PathLength, state.PathLength);
        checkpoint.AddText("data.fingerprint", dataFingerprint);
        checkpoint.Save(path);
    }

    /// <summary>Whether an undamaged state was made on the data of the given fingerprint.</summary>
    /// <exception cref="BadInputException">The file is damaged or of another version.</exception>
    public static bool IsOn(string path, string dataFingerprint) => IsOn(Load(path), dataFingerprint);

    /// <summary>The current parameters by name, whatever the model and its data.</summary>
    /// <exception cref="BadInputException">The file is damaged or of another version.</exception>
    public static Dictionary<string, NdArray> Parameters(string path) => Named(Load(path), tensor => IsState(tensor) ? null : tensor);

    /// <summary>The parameters that the run began with, by name.</summary>
    /// <exception cref="BadInputException">The file is damaged or of another version.</exception>
    public static Dictionary<string, NdArray> InitialParameters(string path) => Named(
        Load(path), tensor => tensor.StartsWith(InitialPrefix, StringComparison.Ordinal) ? tensor[InitialPrefix.Length..] : null);

    /// <summary>Reads a state for a model of the given layout.</summary>
    /// <exception cref="BadInputException">The file is damaged, of another layout or method, or was made on other data.</exception>
    public static DescentState Read(string path, ParameterLayout layout, int moments, string dataFingerprint)
    {
        Checkpoint checkpoint = Load(path);
        if (!IsOn(checkpoint, dataFingerprint))
        {
            throw new BadInputException(
                path, "the checkpoint was made on other data: the files or the built-in text have changed since. Start the run anew.");
        }

        return new DescentState(
            ReadWeights(checkpoint, layout, string.Empty),
            ReadWeights(checkpoint, layout, InitialPrefix),
            checkpoint.GetInteger("step"),
            checkpoint.GetNumber(StatePrefix + "step_size"),
            checkpoint.GetNumber(PathLength),
            [.. Enumerable.Range(0, moments).Select(k => checkpoint.GetTensor(MomentName(k), layout.Length))]);
    }

    /// <summary>Reads the state of an experiment.</summary>
    /// <exception cref="BadInputException">As <see cref="Read(string, ParameterLayout, int, string)"/>.</exception>
    public static DescentState Read(string path, Experiment experiment) =>
        Read(path, experiment.Model.Layout, experiment.Options.Method.Moments, experiment.DataFingerprint);

    private static Dictionary<string, NdArray> Named(Checkpoint checkpoint, Func<string, string?> nameOf) => checkpoint.Tensors
        .Where(tensor => nameOf(tensor.Name) is not null)
        .ToDictionary(tensor => nameOf(tensor.Name)!, tensor => tensor.Value, StringComparer.Ordinal);

    private static string MomentName(int k) => $"{StatePrefix}moment.{k}";

    private static Checkpoint Load(string path) => Checkpoint.Load(path, Kind, Version);

    private static bool IsOn(Checkpoint checkpoint, string dataFingerprint) => checkpoint.GetText("data.fingerprint") == dataFingerprint;

    private static void AddWeights(Checkpoint checkpoint, ModelParameters parameters, string prefix)
    {
        foreach (ParameterBlock block in parameters.Layout.Blocks)
        {
            checkpoint.AddTensor(prefix + block.Name, [block.Rows, block.Columns], parameters[block].Span.ToArray());
        }
    }

    private static ModelParameters ReadWeights(Checkpoint checkpoint, ParameterLayout layout, string prefix)
    {
        var parameters = new ModelParameters(layout);
        foreach (ParameterBlock block in layout.Blocks)
        {
            checkpoint.GetTensor(prefix + block.Name, block.Rows, block.Columns).CopyTo(parameters[block].Span);
        }

        return parameters;
    }
}
