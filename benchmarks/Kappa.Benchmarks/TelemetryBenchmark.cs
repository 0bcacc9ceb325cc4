using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Benchmarks;

/// <summary>What the telemetry of every step costs: steps of a descent with and without a probe that measures all layers, taken in turn.</summary>
internal static class TelemetryBenchmark
{
    /// <summary>Times steps and telemetry at every size, depth 1 and 6, and the parts of one measurement.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="threads">Threads of the evaluator; the probe has one.</param>
    public static IEnumerable<Measurement> Run(Stopclock clock, int threads)
    {
        foreach (int depth in (int[])[1, 6])
        {
            foreach (BenchmarkSize size in BenchmarkSize.Standard)
            {
                string name = $"{size} depth {depth}";
                ResidualTransformerShape shape = new() { Depth = depth, Width = size.Width, FfnWidth = size.FfnWidth };
                using ProbedSteps steps = new(shape, size.Samples, size.Tokens, threads);
                Measurement step = clock.Time($"step {name}", size.StepOperations(depth), () => steps.Step(measures: false));
                Measurement telemetry = clock.Time($"telemetry {name}", operations: null, steps.MeasureAgain);
                yield return step;
                yield return telemetry with { Name = $"telemetry {name}: {telemetry.BestMicroseconds / step.BestMicroseconds:P1} of the step" };
                if (depth == 1)
                {
                    foreach (Measurement part in Parts(clock, steps.Output, size.Samples))
                    {
                        yield return part;
                    }
                }
            }
        }
    }

    private static IEnumerable<Measurement> Parts(Stopclock clock, Matrix output, int samples)
    {
        SingularValues all = new(output.Rows, output.Columns);
        SampleSpectra each = new(samples, output.Rows / samples, output.Columns);
        double[] values = new double[Math.Min(output.Rows, output.Columns)];
        yield return clock.Time($"  spectrum {output}", operations: null, () => all.Compute(output, values));
        yield return clock.Time($"  {samples} samples' spectra", operations: null, () => each.Compute(output));
        yield return clock.Time("  token statistics", operations: null, () => TokenStatistics.Of(output, samples));
    }

    private sealed class ProbedSteps : IDisposable
    {
        private readonly ResidualTransformer _model;
        private readonly GradientDescent _descent;
        private readonly DescentState _state;
        private readonly TelemetryProbe _probe;
        private readonly double[] _row;
        private DescentStep? _last;

        public ProbedSteps(ResidualTransformerShape shape, int samples, int tokens, int threads)
        {
            _model = new ResidualTransformer(shape, Gaussian(samples * tokens, shape.Width, "inputs"), samples, threads);
            Objective objective = new(Gaussian(samples * tokens, shape.OutputWidth, "targets"));
            _probe = new TelemetryProbe(_model, TrainedSet.All);
            _row = new double[_probe.Columns.Count];

            // A step size that leaves the weights where they are, to rounding; a run of no more than one step each time.
            _descent = new GradientDescent(_model, objective, new DescentOptions { StepSize = StepSizeRule.Fixed(1e-12), MaximumSteps = 0 });
            _state = _descent.Start(new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(shape, seed: 1));
            Step(measures: true);
        }

        public Matrix Output => _model.Layer(0).AttentionOutput;

        public void Step(bool measures) => _ = _descent.Run(_state, step =>
        {
            _last = step;
            if (measures)
            {
                _probe.Measure(step, _row);
            }
        });

        public void MeasureAgain() => _probe.Measure(_last!, _row);

        public void Dispose() => _model.Dispose();

        private static Matrix Gaussian(int rows, int columns, string name)
        {
            Matrix matrix = Matrix.Allocate(rows, columns);
            new RandomSequence(1, name).FillGaussian(matrix.Span);
            Vectors.Scale(matrix.Span, 1 / Math.Sqrt(columns));
            return matrix;
        }
    }
}
