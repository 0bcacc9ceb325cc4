using Kappa.Models;

namespace Kappa.Tests.Models;

/// <summary>E.1–E.5 for one sample as plain loops over plain arrays, written from the equations.</summary>
internal sealed class PlainClassifier(TransformerClassifierShape shape, ModelParameters parameters)
{
    /// <summary>z of a sample given as rows of the token table's products: one vector a token, before positions.</summary>
    public double[] Logits(double[][] tokens)
    {
        int n = shape.Tokens, d = shape.Width;
        double[][] z = [.. tokens.Select((token, i) => Add(token, Row("position", i), 1))];
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            string block = $"blocks.{layer}.";
            double[][] normalised = [.. z.Select(row => Norm(row, block + "attention_norm"))];
            double[][] mixed = Attention(normalised, block);
            double[][] h = [.. Enumerable.Range(0, n).Select(i => Add(Times(mixed[i], block + "output"), z[i], shape.AttentionResidual))];
            z = [.. h.Select(row => Add(Times([.. Times(Norm(row, block + "ffn_norm"), block + "ffn_in").Select(shape.Activation.Value)], block + "ffn_out"), row, shape.FfnResidual))];
        }

        double[][] last = [.. z.Select(row => Norm(row, "final_norm"))];
        return Times([.. Enumerable.Range(0, d).Select(j => last.Average(row => row[j]))], "readout");
    }

    /// <summary>Row <paramref name="row"/> of a parameter matrix.</summary>
    public double[] Row(string name, int row) => parameters[name].Row(row).ToArray();

    /// <summary>x W.</summary>
    public double[] Times(double[] x, string name)
    {
        Matrix w = parameters[name];
        return [.. Enumerable.Range(0, w.Columns).Select(j => Enumerable.Range(0, w.Rows).Sum(i => x[i] * w[i, j]))];
    }

    private double[][] Attention(double[][] x, string block)
    {
        int n = shape.Tokens, d = shape.Width, width = d / shape.Heads;
        double[][] q = [.. x.Select(row => Times(row, block + "query"))], k = [.. x.Select(row => Times(row, block + "key"))], v = [.. x.Select(row => Times(row, block + "value"))];
        double tau = shape.Kernel.Temperature ?? 1 / Math.Sqrt(width);
        double[][] mixed = [.. Enumerable.Range(0, n).Select(_ => new double[d])];
        for (int head = 0; head < shape.Heads; head++)
        {
            for (int i = 0; i < n; i++)
            {
                double[] weights = Weights(q[i], k, head * width, width, tau);
                for (int c = head * width; c < (head + 1) * width; c++)
                {
                    mixed[i][c] = Enumerable.Range(0, n).Sum(j => weights[j] * v[j][c]);
                }
            }
        }

        return mixed;
    }

    private double[] Weights(double[] q, double[][] k, int start, int width, double tau)
    {
        bool isGaussian = shape.Kernel.Kind == AttentionKernelKind.Gaussian;
        double[] exponents =
        [
            .. k.Select(key => Enumerable.Range(start, width).Sum(c => isGaussian ? -tau * (q[c] - key[c]) * (q[c] - key[c]) / 2 : tau * q[c] * key[c])),
        ];
        double[] powers = [.. exponents.Select(Math.Exp)];
        double sum = shape.Kernel.HasUnitRows ? powers.Sum() : 1;
        return [.. powers.Select(power => power / sum)];
    }

    private double[] Norm(double[] x, string name)
    {
        double mean = x.Average(), variance = x.Average(value => (value - mean) * (value - mean));
        return [.. x.Select((value, j) => (parameters[name + "_gain"][0, j] * (value - mean) / Math.Sqrt(variance + shape.NormEpsilon)) + parameters[name + "_shift"][0, j])];
    }

    private static double[] Add(double[] x, double[] y, double factor) => [.. x.Zip(y, (a, b) => a + (factor * b))];
}
