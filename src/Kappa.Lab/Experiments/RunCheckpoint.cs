using Kappa.Descent;
using Kappa.Lab.Checkpoints;
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

    /// <summary>Writes the state, replacing an earlier checkpoint as a whole.</summary>
    public static void Write(string path, DescentState state, string dataFingerprint)
    {
        var checkpoint = new Checkpoint(Kind, Version);
        AddWeights(checkpoint, state.Weights, string.Empty);
        AddWeights(checkpoint, state.InitialWeights, InitialPrefix);
        checkpoint.AddInteger("step", state.Step);
        checkpoint.AddNumber("state.step_size", state.StepSize);
        checkpoint.AddNumber("state.path_length", state.PathLength);
        checkpoint.AddText("data.fingerprint", dataFingerprint);
        checkpoint.Save(path);
    }

    /// <summary>Reads a state for a model of the given shape.</summary>
    /// <exception cref="BadInputException">The file is damaged, of another shape, or was made on other data.</exception>
    public static DescentState Read(string path, ResidualTransformerShape shape, string dataFingerprint)
    {
        Checkpoint checkpoint = Checkpoint.Load(path, Kind, Version);
        if (checkpoint.GetText("data.fingerprint") != dataFingerprint)
        {
            throw new BadInputException(path, "the checkpoint was made on other data: the files or the built-in text have changed since. Start the run anew.");
        }

        return new DescentState(
            ReadWeights(checkpoint, shape, string.Empty),
            ReadWeights(checkpoint, shape, InitialPrefix),
            checkpoint.GetInteger("step"),
            checkpoint.GetNumber("state.step_size"),
            checkpoint.GetNumber("state.path_length"));
    }

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
