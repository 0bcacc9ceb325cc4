using Kappa.Descent;
using Kappa.Lab.Checkpoints;
using Kappa.Models;

namespace Kappa.Lab.Experiments;

/// <summary>checkpoint.safetensors of a run of a model other than R: the state before one step, bit for bit.</summary>
/// <remarks>Every matrix stands under its own name, the initial ones under <c>initial.</c>, the vectors of the method as <c>state.moment.k</c>.</remarks>
internal static class TrainableCheckpoint
{
    private const string Kind = "kappa-training-state";
    private const int Version = 1;
    private const string Initial = "initial.";

    /// <summary>Writes the state, replacing an earlier checkpoint as a whole.</summary>
    public static void Write(string path, TrainingState state, TrainableExperiment experiment)
    {
        var checkpoint = new Checkpoint(Kind, Version);
        foreach (ParameterBlock block in state.Parameters.Layout.Blocks)
        {
            checkpoint.AddTensor(block.Name, [block.Rows, block.Columns], state.Parameters[block].Span.ToArray());
            checkpoint.AddTensor(Initial + block.Name, [block.Rows, block.Columns], experiment.Initial[block].Span.ToArray());
        }

        for (int k = 0; k < state.Moments.Count; k++)
        {
            checkpoint.AddTensor($"state.moment.{k}", [state.Moments[k].Length], [.. state.Moments[k]]);
        }

        checkpoint.AddInteger("step", state.Step);
        checkpoint.AddNumber("state.step_size", experiment.StepSize);
        checkpoint.AddText("data.fingerprint", experiment.DataFingerprint);
        checkpoint.Save(path);
    }

    /// <summary>Reads a state of an experiment, and the step size that it was found with.</summary>
    /// <exception cref="BadInputException">The file is damaged, of another model, or was made on other data.</exception>
    public static (TrainingState State, double StepSize) Read(string path, TrainableExperiment experiment)
    {
        var checkpoint = Checkpoint.Load(path, Kind, Version);
        if (checkpoint.GetText("data.fingerprint") != experiment.DataFingerprint)
        {
            throw new BadInputException(path, "the checkpoint was made on other data: the files have changed since. Start the run anew.");
        }

        var parameters = new ModelParameters(experiment.Model.Layout);
        foreach (ParameterBlock block in parameters.Layout.Blocks)
        {
            checkpoint.GetTensor(block.Name, block.Rows, block.Columns).CopyTo(parameters[block].Span);
        }

        double[][] moments = [.. Enumerable.Range(0, experiment.Moments).Select(k => checkpoint.GetTensor($"state.moment.{k}", parameters.Vector.Length))];
        return (new TrainingState(parameters, moments, checkpoint.GetInteger("step")), checkpoint.GetNumber("state.step_size"));
    }
}
