using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Benchmarks;

/// <summary>One gradient-descent step of model R on one thread: forward, gradient, norms and update, with and without all singular values.</summary>
internal static class StepBenchmark
{
    /// <summary>N, n, d and m of the four sizes.</summary>
    public static readonly (int Samples, int Tokens, int Width, int FfnWidth)[] Sizes = [(8, 8, 16, 32), (32, 16, 32, 128), (64, 16, 64, 256), (128, 32, 128, 512)];

    /// <summary>Times the steps at every size, depth 1 and 6.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="threads">Threads of the evaluator; the share of the peak is that of one core.</param>
    public static IEnumerable<Measurement> Run(Stopclock clock, int threads)
    {
        foreach (int depth in (int[])[1, 6])
        {
            foreach ((int samples, int tokens, int width, int ffnWidth) in Sizes)
            {
                ResidualTransformerShape shape = new() { Depth = depth, Width = width, FfnWidth = ffnWidth };
                string name = $"{samples},{tokens},{width},{ffnWidth} depth {depth}";
                using Steps steps = new(shape, samples, tokens, threads);
                yield return steps.Time(clock, $"step {name}", 2 * MultiplyAdds(shape, samples, tokens), withSingularValues: false);
                yield return steps.Time(clock, $"step and all singular values {name}", operations: null, withSingularValues: true);
            }
        }
    }

    /// <summary>Multiply-adds of the products of R.1–R.4 and R.6 in one step, by the route that the evaluator takes.</summary>
    /// <remarks>The first block needs no gradient of its input. Softmax, activation, norms and update are not counted.</remarks>
    public static double MultiplyAdds(ResidualTransformerShape shape, int samples, int tokens)
    {
        double rows = (double)samples * tokens, d = shape.Width, m = shape.FfnWidth, k = shape.KeyWidth, n = tokens;
        bool merged = ResidualTransformer.CheaperRoute(shape, samples, tokens) == LogitRoute.Merged;

        // R.1 logits; R.2 A Z and W_V; R.3 W_1 and W_2.
        double logits = merged ? (rows * d * (d + n)) + (d * d * k) : rows * k * ((2 * d) + n);
        double forward = logits + (rows * d * (n + d)) + (2 * rows * d * m);

        // R.6: four products with W_1 and W_2; dW_V, d(A Z) and dA; dquery, dkey, dG or dW_Q and dW_K.
        double dLogits = merged ? (rows * d * (n + d)) + (2 * d * d * k) : 2 * rows * k * (n + d);
        double backward = (4 * rows * d * m) + (rows * d * ((2 * d) + n)) + dLogits;
        double dInput = (rows * d * n) + (merged ? rows * d * (d + n) : 2 * rows * d * k);
        return (shape.Depth * (forward + backward)) + ((shape.Depth - 1) * dInput);
    }

    private sealed class Steps : IDisposable
    {
        // A step size that leaves the weights where they are, to rounding: every step does the same work.
        private const double StepSize = 1e-12;

        private readonly ResidualTransformer _model;
        private readonly ResidualTransformerWeights _weights;
        private readonly Objective _objective;
        private readonly SingularValues _values;
        private readonly double[] _destination;

        public Steps(ResidualTransformerShape shape, int samples, int tokens, int threads)
        {
            int rows = samples * tokens;
            _model = new ResidualTransformer(shape, Gaussian(rows, shape.Width, "inputs"), samples, threads);
            _weights = new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(shape, seed: 1);
            _objective = new Objective(Gaussian(rows, shape.OutputWidth, "targets"));
            int widest = Math.Max(shape.Width, shape.FfnWidth);
            _values = new SingularValues(rows, widest);
            _destination = new double[Math.Min(rows, widest)];
        }

        public Measurement Time(Stopclock clock, string name, double? operations, bool withSingularValues)
        {
            // Long enough that setting up a descent does not count: about 5·10⁷ operations.
            int steps = (int)Math.Clamp(5e7 / (operations ?? 1e7), 2, 100);
            GradientDescent descent = new(_model, _objective, new DescentOptions { StepSize = StepSizeRule.Fixed(StepSize), MaximumSteps = steps - 1 });
            long first = 0, last = 0;
            Action<DescentStep> observer = step =>
            {
                if (withSingularValues)
                {
                    ComputeSingularValues();
                }

                // The bytes of steady steps: those between the observer's first and last call.
                if (step.Step == 0)
                {
                    first = GC.GetTotalAllocatedBytes(precise: true);
                }
                else if (step.Step == steps - 1)
                {
                    last = GC.GetTotalAllocatedBytes(precise: true);
                }
            };
            Measurement whole = clock.Time(name, operations * steps, () => descent.Run(descent.Start(_weights), observer));
            return whole with
            {
                Microseconds = whole.Microseconds / steps,
                BestMicroseconds = whole.BestMicroseconds / steps,
                BytesPerExecution = (double)(last - first) / (steps - 1),
            };
        }

        public void Dispose() => _model.Dispose();

        private void ComputeSingularValues()
        {
            for (int layer = 0; layer < _model.Shape.Depth; layer++)
            {
                LayerView view = _model.Layer(layer);
                Compute(view.AttentionBranch);
                Compute(view.AttentionOutput);
                Compute(view.Hidden);
            }
        }

        private void Compute(Matrix matrix) => _values.Compute(matrix, _destination.AsSpan(0, Math.Min(matrix.Rows, matrix.Columns)));

        private static Matrix Gaussian(int rows, int columns, string name)
        {
            Matrix matrix = Matrix.Allocate(rows, columns);
            new RandomSequence(1, name).FillGaussian(matrix.Span);
            Vectors.Scale(matrix.Span, 1 / Math.Sqrt(columns));
            return matrix;
        }
    }
}
