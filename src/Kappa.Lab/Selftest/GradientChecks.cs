using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Selftest;

/// <summary>The gradient (R.6) against central differences along a random direction,
/// for every activation, and the order in which the difference vanishes.</summary>
internal static class GradientChecks
{
    private const string Group = "gradient checks";
    private const int Depth = 2;

    // Central differences err by O(h²) from the third derivative and O(ε/h) from rounding; at h = 1e-5 both are near 1e-10.
    private const double Difference = 1e-5;
    private const double Tolerance = 1e-7;

    // Halving h must divide the error by 4; from 1e-2 to 5e-3 the next order still shows in the second digit.
    private const double CoarseDifference = 1e-2;
    private const double OrderTolerance = 0.1;

    public static IEnumerable<SelftestCheck> Run()
    {
        foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
        {
            using var slope = new DirectionalSlope(new Activation(kind));
            yield return new SelftestCheck(
                Group, $"{kind}, depth {Depth}: gradient", Deviation.Relative(slope.CentralDifference(Difference), slope.Exact), Tolerance,
                "relative");

            // Only where the third derivative exists does the error vanish with h².
            if (new Activation(kind).IsSmooth)
            {
                double ratio = Math.Abs(slope.CentralDifference(CoarseDifference) - slope.Exact) / Math.Abs(
                    slope.CentralDifference(CoarseDifference / 2) - slope.Exact);
                yield return new SelftestCheck(
                    Group, $"{kind}, depth {Depth}: error ratio {ratio:F3} when h halves", Math.Abs((ratio / 4) - 1), OrderTolerance,
                    "of 4");
            }
        }
    }

    // The loss along a fixed random line through random weights.
    private sealed class DirectionalSlope : IDisposable
    {
        private readonly ResidualTransformer _model;
        private readonly ResidualTransformerWeights _centre;
        private readonly ResidualTransformerWeights _direction;
        private readonly ResidualTransformerWeights _moved;

        public DirectionalSlope(Activation activation)
        {
            var shape = new ResidualTransformerShape
            {
                Depth = Depth,
                Width = 6,
                FfnWidth = 10,
                KeyWidth = 4,
                Activation = activation,
                AttentionResidual = 0.8,
                FfnResidual = -0.6,
            };
            Matrix inputs = Gaussian("inputs", 6, shape.Width);
            _model = new ResidualTransformer(shape, inputs, Gaussian("targets", 6, shape.Width), samples: 2);
            _centre = new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(shape, seed: 1);
            _direction = new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(shape, seed: 2);
            _moved = new ResidualTransformerWeights(shape);
            Exact = Slope(shape);
        }

        /// <summary>⟨∇ℒ, direction⟩.</summary>
        public double Exact { get; }

        /// <summary>(ℒ(θ + hv) − ℒ(θ − hv))/2h.</summary>
        public double CentralDifference(double h) => (Loss(h) - Loss(-h)) / (2 * h);

        public void Dispose() => _model.Dispose();

        private double Slope(ResidualTransformerShape shape)
        {
            var gradient = new ResidualTransformerWeights(shape);
            _ = _model.LossAndGradient(_centre, _model.AllSamples, gradient, TrainedSet.All);
            return gradient.Vector.Zip(_direction.Vector, (g, v) => g * v).Sum();
        }

        private double Loss(double h)
        {
            for (int k = 0; k < _moved.Vector.Length; k++)
            {
                _moved.Vector[k] = _centre.Vector[k] + (h * _direction.Vector[k]);
            }

            _model.Forward(_moved);
            return _model.ForwardLoss;
        }

        private static Matrix Gaussian(string name, int rows, int columns)
        {
            Matrix matrix = Matrix.Allocate(rows, columns);
            new RandomSequence(0, $"selftest.{name}").FillGaussian(matrix.Span);
            return matrix;
        }
    }
}
