using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Studies.Landscapes;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>The evaluators of real models: the model's own loss, gradient and Hessian, over what is trained alone.</summary>
public sealed class ModelLossTests
{
    private static readonly ResidualTransformerShape s_shape = new() { Width = 4, KeyWidth = 3, FfnWidth = 5, Depth = 1 };

    [Fact]
    public void Model_R_moves_what_is_trained_and_keeps_the_rest()
    {
        Matrix inputs = Gaussian(6, 4, "x"), targets = Gaussian(6, 4, "y");
        var weights = new ResidualTransformerWeights(s_shape);
        new RandomSequence(1, "w").FillGaussian(weights.Vector);
        var own = new ResidualTransformer(s_shape, inputs, targets, 2);
        using var loss = new ModelLoss(own, weights, TrainedSet.Of(ParameterKind.Value, ParameterKind.FfnOut));
        Assert.Equal(["blocks.0.value", "blocks.0.ffn_out"], loss.Coordinates.Matrices.Select(matrix => matrix.Block.Name));
        double[] point = loss.Coordinates.Gather(weights.Vector);
        Vectors.Scale(point, 0.5);
        using var model = new ResidualTransformer(s_shape, inputs, targets, 2);
        var moved = new ResidualTransformerWeights(s_shape);
        moved.CopyFrom(weights);
        loss.Coordinates.Scatter(point, moved.Vector);
        Assert.Equal(model.Loss(moved, model.AllSamples), loss.Loss(point));
        Assert.Equal(weights.Vector[0], moved.Vector[0]);
        RequireGradientAndHessian(loss, point);
    }

    [Theory]
    [InlineData("kernel")]
    [InlineData("encoder")]
    [InlineData("classifier")]
    public void A_trainable_model_gives_its_loss_over_the_batch(string kind)
    {
        using Transformer model = Model(kind);
        var parameters = new ModelParameters(model.Layout);
        new RandomSequence(2, "w").FillGaussian(parameters.Vector);
        Vectors.Scale(parameters.Vector, 0.4);
        int[] batch = [2, 0];
        double expected = model.Loss(parameters, batch);
        using var loss = new ModelLoss(Model(kind), parameters, TrainedSet.All, batch);
        double[] point = loss.Coordinates.Gather(parameters.Vector);
        Assert.Equal(expected, loss.Loss(point));
        RequireGradientAndHessian(loss, point);
        double[,] one = Sweep(1), two = Sweep(2);
        Assert.Equal(one, two);
        Assert.Equal(expected, one[2, 2]);

        double[,] Sweep(int threads) => LandscapeSweep.Run(
            () => new ModelLoss(Model(kind), parameters, TrainedSet.All, batch),
            RandomDirections.Of(loss.Coordinates, point, DirectionNormalisation.Row, 1), LandscapeGrid.Around(5, 1), threads,
            cancellation: TestContext.Current.CancellationToken);
    }

    // Central differences of the loss for the gradient, of the gradient for
    // the Hessian: h² of third derivatives of order one, and rounding over h.
    private static void RequireGradientAndHessian(ModelLoss loss, double[] point)
    {
        double[] direction = new double[point.Length], gradient = new double[point.Length], product = new double[point.Length],
            differenced = new double[point.Length];
        new RandomSequence(5, "v").FillGaussian(direction);
        Vectors.Scale(direction, 1 / Vectors.Norm(direction));
        Assert.Equal(loss.Loss(point), loss.LossAndGradient(point, gradient), 1e-12 * Math.Abs(loss.Loss(point)));
        const double h = 1e-5;
        double slope = (At(h) - At(-h)) / (2 * h);
        double scale = 1 + Vectors.Norm(gradient);
        Assert.Equal(slope, Vectors.Dot(gradient, direction), 1e-6 * scale);
        loss.HessianAt(point).Apply(direction, product);
        new DifferencedHessian(loss, point).Apply(direction, differenced);
        Vectors.AddScaled(differenced, -1, product);
        Assert.InRange(Vectors.Norm(differenced), 0, 1e-6 * (1 + Vectors.Norm(product)));
        double bend = (At(1e-3) - (2 * At(0)) + At(-1e-3)) / 1e-6;
        Assert.Equal(bend, Vectors.Dot(product, direction), 1e-3 * (1 + Math.Abs(bend)));

        double At(double t)
        {
            double[] moved = [.. point];
            Vectors.AddScaled(moved, t, direction);
            return loss.Loss(moved);
        }
    }

    private static Transformer Model(string kind) => kind switch
    {
        "kernel" => Transformer.OfArrays(TransformerShape.KernelAttention(4, 2), Gaussian(9, 4, "x"), Gaussian(9, 4, "y"), 3),
        "encoder" =>
            Transformer.OfArrays(
                TransformerShape.ShallowEncoder(4, 3, 0.7) with { OutputScale = 1.5 }, Gaussian(9, 4, "x"), Gaussian(3, 1, "y"), 3),
        _ => new Transformer(
            TransformerShape.Classifier(3, 2, 4, TransformerInput.Arrays) with { Width = 4, FfnWidth = 5 },
            new TransformerData { Samples = 3, Inputs = Gaussian(9, 4, "x"), Labels = [0, 1, 1] }),
    };

    private static Matrix Gaussian(int rows, int columns, string name)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(7, name).FillGaussian(matrix.Span);
        return matrix;
    }
}
