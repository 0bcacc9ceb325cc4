using Kappa.Models;

namespace Kappa.Tests.Models;

/// <summary>Model R and its gradient as the theory page writes them: one
/// sample at a time, arrays of arrays, no reuse. Slow and obvious.</summary>
internal static class PlainResidualTransformer
{
    internal sealed record Block(double[,] Z, double[,] A, double[,] Branch, double[,] H, double[,] P, double[,] Phi, double[,] Output);

    public static List<Block> Forward(ResidualTransformerShape shape, ResidualTransformerWeights weights, double[,] x)
    {
        var blocks = new List<Block>();
        double[,] z = x;
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            BlockWeights w = weights.Block(layer);
            double[,] s = Scale(shape.LogitScale, Times(Times(z, Of(w.Query)), Transpose(Times(z, Of(w.Key)))));
            double[,] a = Softmax(s);
            double[,] branch = Times(a, Times(z, Of(w.Value)));
            double[,] h = Add(Scale(shape.AttentionResidual, z), branch);
            double[,] p = Times(h, Of(w.FfnIn));
            double[,] phi = Map(p, shape.Activation.Value);
            double[,] output = Add(Scale(shape.FfnResidual, h), Times(phi, Of(w.FfnOut)));
            blocks.Add(new Block(z, a, branch, h, p, phi, output));
            z = output;
        }

        return blocks;
    }

    public static double[,] Output(ResidualTransformerWeights weights, List<Block> blocks) =>
        weights.Readout is Matrix readout ? Times(blocks[^1].Output, Of(readout)) : blocks[^1].Output;

    /// <summary>Adds this sample's share of ∂⟨u, F⟩/∂W to <paramref name="gradient"/>, line by line as in R.6.</summary>
    public static void AddGradient(
        ResidualTransformerShape shape, ResidualTransformerWeights weights, List<Block> blocks, double[,] u,
        ResidualTransformerWeights gradient)
    {
        double[,] d = u;
        if (weights.Readout is Matrix readout)
        {
            AddTo(gradient.Readout!.Value, Times(Transpose(blocks[^1].Output), u));
            d = Times(u, Transpose(Of(readout)));
        }

        double tau = shape.LogitScale;
        for (int layer = shape.Depth - 1; layer >= 0; layer--)
        {
            BlockWeights w = weights.Block(layer);
            BlockWeights g = gradient.Block(layer);
            Block b = blocks[layer];
            AddTo(g.FfnOut, Times(Transpose(b.Phi), d));
            double[,] dP = Hadamard(Times(d, Transpose(Of(w.FfnOut))), Map(b.P, shape.Activation.Derivative));
            AddTo(g.FfnIn, Times(Transpose(b.H), dP));
            double[,] dH = Add(Scale(shape.FfnResidual, d), Times(dP, Transpose(Of(w.FfnIn))));
            AddTo(g.Value, Times(Transpose(Times(b.A, b.Z)), dH));
            double[,] dA = Times(dH, Transpose(Times(b.Z, Of(w.Value))));
            double[,] dS = SoftmaxGradient(b.A, dA);
            double[,] k = Times(b.Z, Of(w.Key));
            double[,] q = Times(b.Z, Of(w.Query));
            AddTo(g.Query, Scale(tau, Times(Transpose(b.Z), Times(dS, k))));
            AddTo(g.Key, Scale(tau, Times(Transpose(b.Z), Times(Transpose(dS), q))));
            double[,] throughAttention = Times(Transpose(b.A), Times(dH, Transpose(Of(w.Value))));
            double[,] throughLogits = Add(
                Times(Times(dS, k), Transpose(Of(w.Query))), Times(Times(Transpose(dS), q), Transpose(Of(w.Key))));
            d = Add(Add(Scale(shape.AttentionResidual, dH), throughAttention), Scale(tau, throughLogits));
        }
    }

    public static double[,] Of(in Matrix matrix)
    {
        double[,] result = new double[matrix.Rows, matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
        {
            for (int column = 0; column < matrix.Columns; column++)
            {
                result[row, column] = matrix[row, column];
            }
        }

        return result;
    }

    private static double[,] Softmax(double[,] s)
    {
        double[,] a = new double[s.GetLength(0), s.GetLength(1)];
        for (int row = 0; row < s.GetLength(0); row++)
        {
            double maximum = Enumerable.Range(0, s.GetLength(1)).Max(j => s[row, j]);
            double sum = Enumerable.Range(0, s.GetLength(1)).Sum(j => Math.Exp(s[row, j] - maximum));
            for (int column = 0; column < s.GetLength(1); column++)
            {
                a[row, column] = Math.Exp(s[row, column] - maximum) / sum;
            }
        }

        return a;
    }

    private static double[,] SoftmaxGradient(double[,] a, double[,] dA)
    {
        double[,] dS = new double[a.GetLength(0), a.GetLength(1)];
        for (int row = 0; row < a.GetLength(0); row++)
        {
            double inner = Enumerable.Range(0, a.GetLength(1)).Sum(j => a[row, j] * dA[row, j]);
            for (int column = 0; column < a.GetLength(1); column++)
            {
                dS[row, column] = a[row, column] * (dA[row, column] - inner);
            }
        }

        return dS;
    }

    private static double[,] Times(double[,] a, double[,] b)
    {
        double[,] c = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < c.GetLength(0); i++)
        {
            for (int j = 0; j < c.GetLength(1); j++)
            {
                for (int k = 0; k < a.GetLength(1); k++)
                {
                    c[i, j] += a[i, k] * b[k, j];
                }
            }
        }

        return c;
    }

    private static double[,] Transpose(double[,] a) => Build(a.GetLength(1), a.GetLength(0), (i, j) => a[j, i]);

    private static double[,] Scale(double factor, double[,] a) => Map(a, value => factor * value);

    private static double[,] Add(double[,] a, double[,] b) => Build(a.GetLength(0), a.GetLength(1), (i, j) => a[i, j] + b[i, j]);

    private static double[,] Hadamard(double[,] a, double[,] b) => Build(a.GetLength(0), a.GetLength(1), (i, j) => a[i, j] * b[i, j]);

    public static double[,] Map(double[,] a, Func<double, double> function) =>
        Build(a.GetLength(0), a.GetLength(1), (i, j) => function(a[i, j]));

    private static double[,] Build(int rows, int columns, Func<int, int, double> element)
    {
        double[,] result = new double[rows, columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                result[i, j] = element(i, j);
            }
        }

        return result;
    }

    private static void AddTo(in Matrix sum, double[,] addend)
    {
        for (int row = 0; row < sum.Rows; row++)
        {
            for (int column = 0; column < sum.Columns; column++)
            {
                sum[row, column] += addend[row, column];
            }
        }
    }
}
