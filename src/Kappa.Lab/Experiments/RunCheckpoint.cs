using Kappa.Descent;
using Kappa.Lab.Checkpoints;
using Kappa.Lab.Formats;
using Kappa.Models;

namespace Kappa.Lab.Experiments;

/// <summary>checkpoint.safetensors of a run: the state before one step, bit for bit, so that a continued run equals an uninterrupted one.</summary>
/// <remarks>
/// Every parameter stands under its own name, so any safetensors reader finds the weights; the initial ones under <c>initial.</c>. The data
/// fingerprint is stored with them: a state must not be continued on other data.
/// </remarks>
internal static class RunCheckpoint
{
    private const string Kind = "kappa-descent-state";
    private const int Version = 1;
    private const string InitialPrefix = "initial.";
    private const string StatePrefix = "state.";

    /// <summary>Whether a file of tensors calls itself a state of this kind.</summary>
    public static bool IsOne(SafetensorsContent content) => content.Metadata.GetValueOrDefault("kappa.kind") == Kind;

    /// <summary>Whether a tensor belongs to the state but not to the current weights.</summary>
    public static bool IsState(string tensor) => tensor.StartsWith(InitialPrefix, StringComparison.Ordinal) || tensor.StartsWith(StatePrefix, StringComparison.Ordinal);

    /// <summary>Writes the state, replacing an earlier checkpoint as a whole.</summary>
    public static void Write(string path, DescentState state, string dataFingerprint)
    {
        var checkpoint = new Checkpoint(Kind, Version);
        AddWeights(checkpoint, state.Weights, string.Empty);
        AddWeights(checkpoint, state.InitialWeights, InitialPrefix);
        checkpoint.AddInteger("step", state.Step);
        checkpoint.AddNumber(StatePrefix + "step_size", state.StepSize);
        checkpoint.AddNumber(StatePrefix + "path_length", state.PathLength);
        checkpoint.AddText("data.fingerprint", dataFingerprint);
        checkpoint.Save(path);
    }

    /// <summary>Whether an undamaged state was made on the data of the given fingerprint.</summary>
    /// <exception cref="BadInputException">The file is damaged or of another version.</exception>
    public static bool IsOn(string path, string dataFingerprint) => IsOn(Checkpoint.Load(path, Kind, Version), dataFingerprint);

    /// <summary>Reads a state for a model of the given shape.</summary>
    /// <exception cref="BadInputException">The file is damaged, of another shape, or was made on other data.</exception>
    public static DescentState Read(string path, ResidualTransformerShape shape, string dataFingerprint)
    {
        Checkpoint checkpoint = Checkpoint.Load(path, Kind, Version);
        if (!IsOn(checkpoint, dataFingerprint))
        {
            throw new BadInputException(path, "the checkpoint was made on other data: the files or the built-in text have changed since. Start the run anew.");
        }

        return new DescentState(
            ReadWeights(checkpoint, shape, string.Empty),
            ReadWeights(checkpoint, shape, InitialPrefix),
            checkpoint.GetInteger("step"),
            checkpoint.GetNumber(StatePrefix + "step_size"),
            checkpoint.GetNumber(StatePrefix + "path_length"));
    }

    private static bool IsOn(Checkpoint checkpoint, string dataFingerprint) => checkpoint.GetText("data.fingerprint") == dataFingerprint;

    private static void AddWeights(Checkpoint checkpoint, ResidualTransformerWeights weights, string prefix)
    {
        foreach (ParameterBlock block in weights.Layout.Blocks)
        {
            checkpoint.AddTensor(prefix + block.Name, [block.Rows, block.Columns], weights[block].Span.ToArray());
        }
    }

    private static ResidualTransformerWeights ReadWeights(Checkpoint checkpoint, ResidualTransformerShape shape, string prefix)
    {
        var weights = new ResidualTransformerWeights(shape);
        foreach (ParameterBlock block in weights.Layout.Blocks)
        {
            checkpoint.GetTensor(prefix + block.Name, block.Rows, block.Columns).CopyTo(weights[block].Span);
        }

        return weights;
    }
}
