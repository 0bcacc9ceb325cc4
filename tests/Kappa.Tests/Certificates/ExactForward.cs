using Kappa.Models;

namespace Kappa.Tests.Certificates;

/// <summary>One block of model R written out in integers of 400 bits (R.1–R.3), smooth leaky ReLU or identity.</summary>
internal sealed record ExactLayer(
    ExactFraction[,] Attention, ExactFraction[,] Mixed, ExactFraction[,] AttentionOutput, ExactFraction[,] Hidden,
    ExactFraction[,] HiddenDerivative, ExactFraction[,] Output);

/// <summary>Model R in exact arithmetic, to 2^-400 an operation.</summary>
internal sealed class ExactForward
{
    private ExactForward(ExactLayer[] layers) => Layers = layers;

    public ExactLayer[] Layers { get; }

    public static ExactForward Of(DegeneratePoint point)
    {
        ExactFraction[,] z = Exact(point.Inputs);
        var layers = new ExactLayer[point.Shape.Depth];
        for (int layer = 0; layer < layers.Length; layer++)
        {
            layers[layer] = Block(point.Shape, point.Weights.Block(layer), z, point.Tokens);
            z = layers[layer].Output;
        }

        return new ExactForward(layers);
    }

    public double ResidualNorm(in Matrix targets)
    {
        ExactFraction squares = default;
        ExactFraction[,] output = Layers[^1].Output;
        for (int row = 0; row < targets.Rows; row++)
        {
            for (int column = 0; column < targets.Columns; column++)
            {
                ExactFraction difference = output[row, column] - ExactFraction.Of(targets[row, column]);
                squares += difference * difference;
            }
        }

        return ExactFraction.Sqrt(squares).ToDouble();
    }

    private static ExactLayer Block(ResidualTransformerShape shape, BlockWeights weights, ExactFraction[,] z, int tokens)
    {
        ExactFraction[,] query = Product(z, Exact(weights.Query)), key = Product(z, Exact(weights.Key));
        int rows = z.GetLength(0), width = z.GetLength(1);
        var attention = new ExactFraction[rows, tokens];
        var mixed = new ExactFraction[rows, width];
        for (int r = 0; r < rows; r++)
        {
            int first = r / tokens * tokens;
            ExactFraction[] logits = [
                .. Enumerable.Range(0, tokens).Select(j => ExactFraction.Of(shape.LogitScale) * Dot(query, r, key, first + j))];
            ExactFraction largest = logits.MaxBy(logit => logit.Scaled), sum = default;
            ExactFraction[] powers = [.. logits.Select(logit => ExactFraction.Exp(logit - largest))];
            sum = powers.Aggregate(sum, (total, power) => total + power);
            for (int j = 0; j < tokens; j++)
            {
                attention[r, j] = powers[j] / sum;
                for (int k = 0; k < width; k++)
                {
                    mixed[r, k] += attention[r, j] * z[first + j, k];
                }
            }
        }

        ExactFraction[,] output = Sum(Product(mixed, Exact(weights.Value)), shape.AttentionResidual, z);
        ExactFraction[,] preactivation = Product(output, Exact(weights.FfnIn)), hidden = new ExactFraction[rows, shape.FfnWidth],
            derivative = new ExactFraction[rows, shape.FfnWidth];
        for (int r = 0; r < rows; r++)
        {
            for (int j = 0; j < shape.FfnWidth; j++)
            {
                (hidden[r, j], derivative[r, j]) = Activate(shape.Activation, preactivation[r, j]);
            }
        }

        return new ExactLayer(
            attention, mixed, output, hidden, derivative, Sum(Product(hidden, Exact(weights.FfnOut)), shape.FfnResidual, output));
    }

    private static (ExactFraction Value, ExactFraction Derivative) Activate(Activation activation, ExactFraction x)
    {
        ExactFraction one = ExactFraction.Of(1), gamma = ExactFraction.Of(activation.Slope),
            eps = ExactFraction.Of(activation.Smoothing), half = (one - gamma) * ExactFraction.Of(0.5);
        if (activation.Kind == ActivationKind.Identity)
        {
            return (x, one);
        }

        ExactFraction root = ExactFraction.Sqrt((x * x) + (eps * eps));
        return ((gamma * x) + (half * (root + x - eps)), gamma + (half * (one + (x / root))));
    }

    private static ExactFraction[,] Exact(in Matrix matrix)
    {
        var result = new ExactFraction[matrix.Rows, matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
        {
            for (int column = 0; column < matrix.Columns; column++)
            {
                result[row, column] = ExactFraction.Of(matrix[row, column]);
            }
        }

        return result;
    }

    private static ExactFraction[,] Product(ExactFraction[,] left, ExactFraction[,] right)
    {
        var result = new ExactFraction[left.GetLength(0), right.GetLength(1)];
        for (int row = 0; row < result.GetLength(0); row++)
        {
            for (int column = 0; column < result.GetLength(1); column++)
            {
                for (int k = 0; k < right.GetLength(0); k++)
                {
                    result[row, column] += left[row, k] * right[k, column];
                }
            }
        }

        return result;
    }

    private static ExactFraction Dot(ExactFraction[,] left, int row, ExactFraction[,] right, int other) =>
        Enumerable.Range(0, left.GetLength(1)).Aggregate(default(ExactFraction), (sum, k) => sum + (left[row, k] * right[other, k]));

    private static ExactFraction[,] Sum(ExactFraction[,] left, double factor, ExactFraction[,] right)
    {
        var result = new ExactFraction[left.GetLength(0), left.GetLength(1)];
        for (int row = 0; row < result.GetLength(0); row++)
        {
            for (int column = 0; column < result.GetLength(1); column++)
            {
                result[row, column] = left[row, column] + (ExactFraction.Of(factor) * right[row, column]);
            }
        }

        return result;
    }
}
