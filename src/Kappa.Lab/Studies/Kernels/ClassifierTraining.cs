using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>How a task is trained.</summary>
/// <param name="Method">SGD or Adam.</param>
/// <param name="StepSize">η after the warm-up, before a linear decay to 0.</param>
/// <param name="Steps">Updates.</param>
/// <param name="BatchSize">Samples of a batch.</param>
/// <param name="EvaluateEvery">Steps between two tests.</param>
internal sealed record TrainingRecipe(UpdateMethod Method, double StepSize, int Steps, int BatchSize, int EvaluateEvery)
{
    /// <summary>Precision of the passes; sums and weights stay double.</summary>
    public Precision Precision { get; init; } = Precision.Single;

    /// <summary>Steps between two saved states: seconds of work for the smallest task,
    /// about two minutes for the full-size pictures. It changes no number.</summary>
    public int SaveEvery { get; init; } = 250;

    /// <summary>For tables.</summary>
    public string Words =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(Method is AdamDescent ? "Adam" : "SGD")}, step {StepSize}, batch {BatchSize}, {Steps} steps, "
                + $"{(Precision == Precision.Single ? "single" : "double")} precision");

    /// <summary>The options of one run.</summary>
    public DescentOptions Options(long seed) => new()
    {
        Method = Method,
        StepSize = StepSizeRule.Fixed(StepSize),
        Schedule = new StepSchedule { WarmUpSteps = Steps / 20, TotalSteps = Steps },
        BatchSize = BatchSize,
        BatchSeed = seed,
        MaximumSteps = Steps,
    };
}

/// <summary>One training of the experiments' Transformer, which is saved every few
/// steps and when it is stopped, and goes on from there with the same bits.</summary>
internal sealed class ClassifierTraining
{
    private readonly ClassifierTask _task;
    private readonly TrainingRecipe _recipe;
    private readonly KernelJobContext _context;
    private readonly Transformer _test;
    private readonly List<double> _losses = [], _steps = [], _testLosses = [], _accuracies = [];

    private ClassifierTraining(ClassifierTask task, TransformerShape shape, TrainingRecipe recipe, KernelJobContext context)
    {
        (_task, _recipe, _context) = (task, recipe, context);
        _test = ClassifierTask.Model(task.Test, shape, recipe.Precision);
    }

    /// <summary>Loss of every step's batch; loss and accuracy on the test
    /// samples every few steps and at the end; the trained parameters.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the state is in the store.</exception>
    public static (Dictionary<string, double[]> Series, ModelParameters End) Run(
        ClassifierTask task, TransformerShape shape, TrainingRecipe recipe, ModelParameters start, long seed, KernelJobContext context)
    {
        using Transformer model = ClassifierTask.Model(task.Train, shape, recipe.Precision);
        var run = new ClassifierTraining(task, shape, recipe, context);
        using (run._test)
        {
            ModelParameters end = run.Train(new GradientDescent(model, recipe.Options(seed)), start);
            return (run.Series(), end);
        }
    }

    private string StateKey => _context.Key + "-state";

    private ModelParameters Train(GradientDescent descent, ModelParameters start)
    {
        DescentState state = Restore(start) ?? descent.Start(start);
        switch (descent.Run(state, Observe, cancellation: _context.Cancellation).Reason)
        {
            case StopReason.Cancelled:
                Save(state);
                throw new OperationCanceledException(_context.Cancellation);
            case StopReason.NonFinite:
                _losses.Add(double.PositiveInfinity);
                break;
        }

        Evaluate(state);
        return state.Parameters;
    }

    private Dictionary<string, double[]> Series() => new(StringComparer.Ordinal)
    {
        [Quantity.Loss] = [.. _losses],
        [Quantity.Step] = [.. _steps],
        [Quantity.TestLoss] = [.. _testLosses],
        [Quantity.TestAccuracy] = [.. _accuracies],
    };

    private void Observe(DescentStep step)
    {
        if (step.Step > 0 && step.Step % _recipe.SaveEvery == 0 && _losses.Count == step.Step)
        {
            Save(step.State);
        }

        _losses.Add(step.Loss);
        if (step.Step % _recipe.EvaluateEvery == 0)
        {
            Evaluate(step.State);
        }
    }

    private void Evaluate(DescentState state)
    {
        _steps.Add(state.Step);
        _testLosses.Add(_test.Loss(state.Parameters, _test.AllSamples));
        _accuracies.Add(ClassifierTask.Accuracy(_test, state.Parameters, _task.Test.Labels));
    }

    private void Save(DescentState state)
    {
        if (_context.Store is not { } store)
        {
            return;
        }

        Checkpoint record = JobStore.NewRecord();
        record.AddInteger(Quantity.Step, state.Step);
        record.AddTensor("parameters", [state.Parameters.Vector.Length], state.Parameters.Vector);
        for (int k = 0; k < state.Moments.Count; k++)
        {
            record.AddTensor(FormattableString.Invariant($"moments.{k}"), [state.Moments[k].Length], state.Moments[k]);
        }

        foreach ((string name, double[] values) in Series())
        {
            record.AddTensor($"series.{name}", [values.Length], values);
        }

        store.Save(StateKey, record);
    }

    private DescentState? Restore(ModelParameters start)
    {
        if (_context.Store?.Find(StateKey) is not { } record)
        {
            return null;
        }

        Dictionary<string, double[]> tensors = record.Tensors.ToDictionary(
            tensor => tensor.Name, tensor => tensor.Value.Data, StringComparer.Ordinal);
        ModelParameters parameters = start.Clone();
        tensors["parameters"].CopyTo(parameters.Vector.AsSpan());
        _losses.AddRange(tensors[$"series.{Quantity.Loss}"]);
        _steps.AddRange(tensors[$"series.{Quantity.Step}"]);
        _testLosses.AddRange(tensors[$"series.{Quantity.TestLoss}"]);
        _accuracies.AddRange(tensors[$"series.{Quantity.TestAccuracy}"]);
        double[][] moments = [
            .. Enumerable.Range(0, _recipe.Method.Moments).Select(k => tensors[FormattableString.Invariant($"moments.{k}")])];
        return new DescentState(parameters, start.Clone(), record.GetInteger(Quantity.Step), _recipe.StepSize, double.NaN, moments);
    }
}
