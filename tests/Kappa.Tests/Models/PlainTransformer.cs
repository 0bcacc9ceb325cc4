using Kappa.Models;

namespace Kappa.Tests.Models;

/// <summary>T.1–T.4 for one sample as plain loops over plain arrays, written from the equations: every choice of the shape.</summary>
internal sealed class PlainTransformer(TransformerShape shape, ModelParameters parameters)
{
    /// <summary>F of a sample, a row for each output row.</summary>
    /// <param name="data">The samples.</param>
    /// <param name="sample">Its number.</param>
    public double[][] Output(TransformerData data, int sample)
    {
        int n = (shape.Input == TransformerInput.Arrays ? data.Inputs.Rows : data.Identifiers!.Length) / data.Samples,
            length = data.Lengths?[sample] ?? n;
        double[][] z = [.. Enumerable.Range(0, n).Select(i => Token(data, (sample * n) + i, i))];
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            z = Block(z, layer, length);
        }

        z = shape.HasLastNorm ? [.. z.Select(row => Norm(row, "final_norm"))] : z;
        return shape.Readout switch
        {
            ReadoutKind.None => z,
            ReadoutKind.Tokens => [.. z.Select(Readout)],
            _ => [Readout(Pool(z[..length]))],
        };
    }

    private double[] Token(TransformerData data, int row, int place)
    {
        double[] token = shape.Input == TransformerInput.Identifiers ? parameters["embedding"].Row(data.Identifiers![row]).ToArray()
            : shape.HasEmbedding ? Times(data.Inputs.Row(row).ToArray(), parameters["embedding"])
            : data.Inputs.Row(row).ToArray();
        return shape.Positions switch
        {
            PositionKind.Learned => Add(token, parameters["position"].Row(place).ToArray(), 1),
            PositionKind.Sinusoidal => [.. token.Select((x, j) => x + (j % 2 == 0
                ? Math.Sin(place / Math.Pow(10_000, (double)j / token.Length))
                    : Math.Cos(place / Math.Pow(10_000, (double)(j - 1) / token.Length))))],
            _ => token,
        };
    }

    private double[][] Block(double[][] z, int layer, int length)
    {
        string name = $"blocks.{layer}.";
        bool isBefore = shape.Norm == NormPlace.Before, isAfter = shape.Norm == NormPlace.After;
        double[][] branch = Attention(isBefore ? [.. z.Select(row => Norm(row, name + "attention_norm"))] : z, name, length);
        double[][] h = [.. branch.Select((row, i) => shape.AttentionResidual == 0 ? row : Add(row, z[i], shape.AttentionResidual))];
        h = isAfter ? [.. h.Select(row => Norm(row, name + "attention_norm"))] : h;
        if (shape.FfnWidth is null)
        {
            return h;
        }

        double[][] next = [.. h.Select(row => Add(FeedForward(isBefore ? Norm(row, name + "ffn_norm") : row, name), row,
            shape.FfnResidual))];
        return isAfter ? [.. next.Select(row => Norm(row, name + "ffn_norm"))] : next;
    }

    private double[] FeedForward(double[] x, string name) => Linear([.. Linear(x, name + "ffn_in").Select(shape.Activation.Value)],
        name + "ffn_out");

    private double[][] Attention(double[][] x, string name, int length)
    {
        int n = x.Length;
        double[][] sum = [.. Enumerable.Range(0, n).Select(_ => new double[shape.OutputWidth])];
        for (int head = 0; head < shape.Heads; head++)
        {
            double[][] q = [.. x.Select(row => OfHead(row, name, "query", head, shape.KeyWidth))],
                k = [.. x.Select(row => OfHead(row, name, "key", head, shape.KeyWidth))];
            double[][] v = [.. x.Select(row => OfHead(row, name, "value", head, shape.ValueWidth))];
            for (int i = 0; i < n; i++)
            {
                int seen = shape.Mask == AttentionMask.Causal ? Math.Min(length, i + 1) : length;
                double[] weights = Weights(q[i], k[..seen]),
                    mixed = [.. Enumerable.Range(0, shape.ValueWidth).Select(c =>
                    Enumerable.Range(0, seen).Sum(j => weights[j] * v[j][c]))];
                sum[i] = Add(sum[i], Branch(mixed, name, head), 1);
            }
        }

        double[] bias = parameters.Layout.Blocks.Any(block => block.Name == name + "output_bias")
            ? parameters[name + "output_bias"].Row(0).ToArray() : new double[shape.OutputWidth];
        return [.. sum.Select(row => Add(row, bias, 1).Select(value => shape.AttentionActivation?.Value(value) ?? value).ToArray())];
    }

    // What a head adds: its rows of W_O, or its own columns.
    private double[] Branch(double[] mixed, string name, int head)
    {
        int width = shape.ValueWidth;
        if (!shape.HasOutput)
        {
            double[] row = new double[shape.OutputWidth];
            mixed.CopyTo(row, head * width);
            return row;
        }

        return shape.Parameters == ParameterForm.Heads ? Times(mixed, parameters[$"heads.{head}.output"])
            : Times(mixed, parameters[name + "output"].RowRange(head * width, width));
    }

    private double[] OfHead(double[] x, string name, string part, int head, int width) => shape.Parameters switch
    {
        ParameterForm.Heads => Times(x, parameters[$"heads.{head}.{part}"]),
        ParameterForm.Transposed =>
            [.. Enumerable.Range(0, width).Select(r => parameters[part].Row(r).ToArray().Zip(x, (a, b) => a * b).Sum())],
        _ => [.. Linear(x, name + part).AsSpan(head * width, width)],
    };

    private double[] Weights(double[] q, double[][] keys)
    {
        double tau = shape.Kernel.Temperature ?? 1 / Math.Sqrt(shape.KeyWidth);
        bool isGaussian = shape.Kernel.Kind == AttentionKernelKind.Gaussian;
        double[] exponents = [.. keys.Select(key => isGaussian ? -tau * q.Zip(key, (a, b) => (a - b) * (a - b)).Sum() / 2
            : tau * q.Zip(key, (a, b) => a * b).Sum())];
        if (shape.Kernel.Kind == AttentionKernelKind.Linear)
        {
            return exponents;
        }

        double[] powers = [.. exponents.Select(Math.Exp)];
        double sum = shape.Kernel.HasUnitRows ? powers.Sum() : 1;
        return [.. powers.Select(power => power / sum)];
    }

    private double[] Pool(double[][] rows) => shape.Pooling switch
    {
        TokenPooling.First => rows[0],
        TokenPooling.Sum => [.. Enumerable.Range(0, rows[0].Length).Select(j => rows.Sum(row => row[j]))],
        _ => [.. Enumerable.Range(0, rows[0].Length).Select(j => rows.Average(row => row[j]))],
    };

    private double[] Readout(double[] x)
    {
        double[] z = shape.Parameters == ParameterForm.Transposed
            ? [.. Enumerable.Range(0, parameters["readout"].Rows).Select(r =>
                parameters["readout"].Row(r).ToArray().Zip(x, (a, b) => a * b).Sum())]
            : Times(x, parameters["readout"]);
        return [.. z.Select((value, j) => shape.OutputScale * (value + Element("readout_bias", j, 0)))];
    }

    private double[] Norm(double[] x, string name)
    {
        double mean = shape.NormKind == NormKind.Layer ? x.Average() : 0, variance = x.Average(value => (value - mean) * (value - mean));
        return [.. x.Select(
            (value, j) => (Element(name + "_gain", j, 1) * (value - mean) / Math.Sqrt(variance + shape.NormEpsilon)) + Element(
            name + "_shift", j, 0))];
    }

    private double Element(string name, int column, double otherwise) => parameters.Layout.Blocks.Any(block => block.Name == name)
        ? parameters[name][0, column] : otherwise;

    private double[] Linear(double[] x, string name) => [.. Times(x, parameters[name]).Select(
        (value, j) => value + Element(name + "_bias", j, 0))];

    private static double[] Times(double[] x, Matrix w) => [.. Enumerable.Range(0, w.Columns).Select(j =>
        Enumerable.Range(0, w.Rows).Sum(i => x[i] * w[i, j]))];

    private static double[] Add(double[] x, double[] y, double factor) => [.. x.Zip(y, (a, b) => a + (factor * b))];
}
