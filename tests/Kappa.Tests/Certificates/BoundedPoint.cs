using Kappa.Certificates;
using Kappa.Certificates.Ball;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace Kappa.Tests.Certificates;

/// <summary>A model with bounds on a ball around its weights, and what those bounds must
/// hold for: points of the ball, Jacobians by differences, their singular vectors.</summary>
internal sealed class BoundedPoint : IDisposable
{
    private readonly ModelCase _model;
    private readonly TrainedSet _trained;
    private readonly ResidualTransformer _evaluator;

    /// <param name="model">The case.</param>
    /// <param name="trained">Trained blocks.</param>
    /// <param name="relativeRadius">C_b as a share of ‖W_b⁰‖.</param>
    public BoundedPoint(ModelCase model, TrainedSet trained, double relativeRadius)
    {
        (_model, _trained) = (model, trained);
        _evaluator = model.NewModel();
        Trained = trained.Resolve(model.Weights.Layout);
        Radii = [.. Layout.Blocks.Select((block, b) => Trained[b] ? relativeRadius * Vectors.Norm(model.Weights[block].Span) : 0)];
        using var point = new ResidualTransformerPoint(model.Inputs, model.Samples, model.Targets, model.Weights, trained);
        Ball = new ParameterBall(Radii);
        Bounds = ResidualTransformerBounds.Propagate(
            new BoundCalculus(Ball, Trained, withSecond: true), model.Shape, model.Tokens, new SpectralNormsAtCentre(point));
    }

    public bool[] Trained { get; }

    public double[] Radii { get; }

    public ParameterBall Ball { get; }

    public ResidualTransformerBounds Bounds { get; }

    public ResidualTransformerWeights Centre => _model.Weights;

    public ParameterLayout Layout => _model.Weights.Layout;

    public IEnumerable<int> TrainedBlocks => Enumerable.Range(0, Radii.Length).Where(b => Trained[b]);

    /// <summary>H, Φ of the last block, Z^L, F with their bounds.</summary>
    public IEnumerable<(string Name, DerivativeBounds Bounds, Func<Matrix> Value)> Quantities()
    {
        LayerView last = _evaluator.Layer(_model.Shape.Depth - 1);
        yield return ("H", Bounds.AttentionOutput, () => last.AttentionOutput);
        yield return ("Phi", Bounds.Hidden, () => last.Hidden);
        yield return ("Z", Bounds.LastOutput, () => last.Output);
        yield return ("F", Bounds.Output, () => _evaluator.ForwardOutput);
    }

    /// <summary>The quantity's value at the given weights, copied.</summary>
    public MathNet.Numerics.LinearAlgebra.Matrix<double> ValueAt(ResidualTransformerWeights weights, Func<Matrix> quantity)
    {
        _evaluator.Forward(weights);
        return DenseMatrix.OfArray(PlainResidualTransformer.Of(quantity()));
    }

    /// <summary>θ_0, points of the ball's boundary in random directions, and in
    /// those that stretch every matrix along its largest singular pair.</summary>
    public IEnumerable<ResidualTransformerWeights> Points(int random, long seed)
    {
        yield return Moved(_ => 0);
        for (int k = 0; k < random; k++)
        {
            yield return Displaced(block => Gaussian(block.Length, $"{seed}.{k}.{block.Name}"));
        }

        foreach (double sign in (double[])[1, -1])
        {
            yield return Displaced(block => RankOne(block, sign));
        }

        // Stretching W_Q against W_K and W_1 against W_2 sharpens the attention and widens the branch at the same time.
        yield return Displaced(block => RankOne(block, block.Kind is ParameterKind.Key or ParameterKind.FfnOut ? -1 : 1));
    }

    /// <summary>∂Z/∂W_b at the given weights by central differences [entries, block length].</summary>
    public MathNet.Numerics.LinearAlgebra.Matrix<double> Jacobian(ResidualTransformerWeights weights, Func<Matrix> quantity, int b)
    {
        const double Step = 1e-5;
        ParameterBlock block = Layout.Blocks[b];
        var columns = new List<Vector<double>>();
        for (int k = 0; k < block.Length; k++)
        {
            columns.Add((At(Step) - At(-Step)) / (2 * Step));

            Vector<double> At(double step)
            {
                double before = weights.Vector[block.Offset + k];
                weights.Vector[block.Offset + k] = before + step;
                var value = ValueAt(weights, quantity).ToRowMajorArray();
                weights.Vector[block.Offset + k] = before;
                return DenseVector.OfArray(value);
            }
        }

        return DenseMatrix.OfColumns(columns);
    }

    /// <summary>∂F/∂W_b at the given weights by the transposed Jacobian, row by row.</summary>
    public MathNet.Numerics.LinearAlgebra.Matrix<double> OutputJacobian(ResidualTransformerWeights weights, int b)
    {
        var gradient = new ResidualTransformerWeights(_model.Shape);
        ParameterBlock block = Layout.Blocks[b];
        Matrix unit = Matrix.Allocate(_evaluator.Rows, _evaluator.OutputColumns);
        _evaluator.Forward(weights);
        MathNet.Numerics.LinearAlgebra.Matrix<double> jacobian = DenseMatrix.Create(unit.Span.Length, block.Length, 0);
        for (int k = 0; k < unit.Span.Length; k++)
        {
            unit.Span[k] = 1;
            _evaluator.Backward(weights, unit, gradient, _trained);
            unit.Span[k] = 0;
            jacobian.SetRow(k, gradient[block].Span.ToArray());
        }

        return jacobian;
    }

    /// <summary>max ‖D²F[u, w]‖ over unit u in block b and w in block c, by alternating maximisation: a lower estimate of it.</summary>
    public double SecondDerivative(ResidualTransformerWeights weights, int b, int c, long seed)
    {
        const double Step = 1e-4;
        Vector<double> u = Unit(DenseVector.OfArray(Gaussian(Layout.Blocks[b].Length, $"second.{seed}.{b}.{c}")));
        double largest = 0;
        for (int round = 0; round < 4; round++)
        {
            (int fixedBlock, int other) = round % 2 == 0 ? (b, c) : (c, b);
            var svd = ((Shifted(Step) - Shifted(-Step)) / (2 * Step)).Svd();
            largest = Math.Max(largest, svd.S[0]);
            u = svd.VT.Row(0);

            MathNet.Numerics.LinearAlgebra.Matrix<double> Shifted(double step)
            {
                ParameterBlock block = Layout.Blocks[fixedBlock];
                ResidualTransformerWeights moved = Moved(_ => 0);
                weights.Vector.CopyTo(moved.Vector, 0);
                for (int k = 0; k < block.Length; k++)
                {
                    moved.Vector[block.Offset + k] += step * u[k];
                }

                return OutputJacobian(moved, other);
            }
        }

        return largest;
    }

    public void Dispose() => _evaluator.Dispose();

    private static Vector<double> Unit(Vector<double> x) => x / x.L2Norm();

    private static double[] Gaussian(int length, string name)
    {
        double[] values = new double[length];
        new RandomSequence(7, name).FillGaussian(values);
        return values;
    }

    private double[] RankOne(ParameterBlock block, double sign)
    {
        var svd = DenseMatrix.OfArray(PlainResidualTransformer.Of(Centre[block])).Svd();
        return (sign * svd.U.Column(0).OuterProduct(svd.VT.Row(0))).ToRowMajorArray();
    }

    private ResidualTransformerWeights Displaced(Func<ParameterBlock, double[]> direction)
    {
        var directions = Layout.Blocks.ToDictionary(block => block, direction);
        return Moved(index =>
        {
            int b = Enumerable.Range(0, Radii.Length).Last(k => Layout.Blocks[k].Offset <= index);
            double[] values = directions[Layout.Blocks[b]];
            return Radii[b] * values[index - Layout.Blocks[b].Offset] / Vectors.Norm(values);
        });
    }

    private ResidualTransformerWeights Moved(Func<int, double> change)
    {
        var weights = new ResidualTransformerWeights(_model.Shape);
        weights.CopyFrom(Centre);
        for (int k = 0; k < weights.Vector.Length; k++)
        {
            weights.Vector[k] += change(k);
        }

        return weights;
    }
}
