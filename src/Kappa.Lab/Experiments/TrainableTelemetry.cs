using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Experiments;

/// <summary>The telemetry of a model other than R: loss, gradient, step size, and how far each kind of matrix has moved; for a classifier also its tests.</summary>
/// <remarks>Quantities: docs/quantities.md. Measuring allocates nothing but in a test. One caller at a time.</remarks>
internal sealed class TrainableTelemetry
{
    private readonly TrainableExperiment _experiment;
    private readonly ParameterBlock[][] _kinds;
    private readonly double[] _norms;
    private readonly int? _testEvery;

    /// <summary>Prepares the columns.</summary>
    /// <param name="experiment">The experiment whose steps are measured.</param>
    public TrainableTelemetry(TrainableExperiment experiment)
    {
        _experiment = experiment;
        _testEvery = experiment.Specification.Telemetry.TestEvery;
        _kinds = [.. experiment.Model.Layout.Blocks.Where(experiment.Trained.Includes).GroupBy(block => block.Kind).Select(group => group.ToArray())];
        _norms = [.. _kinds.Select(blocks => Math.Sqrt(blocks.Sum(block => Vectors.SquaredNorm(experiment.Initial[block].Span))))];
        Columns =
        [
            "step", "loss", "gradientNorm", "plRatio", "stepSize", "distance",
            .. _kinds.Select(blocks => $"movement.{Word(blocks[0].Kind)}"),
            .. _testEvery is null ? [] : (string[])["testLoss", "testAccuracy"],
        ];
    }

    /// <summary>The name of each number that <see cref="Measure"/> writes.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Writes the quantities of a step, all taken before the update.</summary>
    /// <param name="step">The step.</param>
    /// <param name="row">As many numbers as there are columns.</param>
    public void Measure(in TrainingStep step, double[] row)
    {
        double gradientNorm = Vectors.Norm(step.Gradient.Vector), squaredDistance = 0;
        (row[0], row[1], row[2], row[4]) = (step.Step, step.Loss, gradientNorm, step.StepSize);
        row[3] = double.IsNaN(_experiment.LossFactor) ? double.NaN : gradientNorm / (2 * step.Loss) * gradientNorm;
        int next = 6;
        for (int kind = 0; kind < _kinds.Length; kind++)
        {
            double moved = 0;
            foreach (ParameterBlock block in _kinds[kind])
            {
                moved += Vectors.SquaredDistance(step.State.Parameters[block].Span, _experiment.Initial[block].Span);
            }

            squaredDistance += moved;
            row[next++] = Math.Sqrt(moved) / _norms[kind];
        }

        row[5] = Math.Sqrt(squaredDistance);
        if (_testEvery is int every)
        {
            (row[next], row[next + 1]) = step.Step % every == 0 && _experiment.Test(step.State.Parameters) is { } test ? test : (double.NaN, double.NaN);
        }
    }

    private static string Word(ParameterKind kind) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());
}
