using Kappa.Models;

namespace Kappa.Tests.Oracle;

/// <summary>Attention in 77 digits: the rows of softmax and Gaussian weights.</summary>
internal static class ExactAttention
{
    /// <summary>Softmax of every row; the row's largest entry is subtracted,
    /// which changes nothing but keeps the exponentials in range.</summary>
    public static BigMatrix Softmax(BigMatrix logits)
    {
        var result = new BigMatrix(logits.Rows, logits.Columns);
        for (int i = 0; i < logits.Rows; i++)
        {
            BigReal largest = logits[i, 0], sum = BigReal.Zero;
            for (int j = 1; j < logits.Columns; j++)
            {
                largest = BigReal.Max(largest, logits[i, j]);
            }

            for (int j = 0; j < logits.Columns; j++)
            {
                result[i, j] = BigReal.Exp(logits[i, j] - largest);
                sum += result[i, j];
            }

            for (int j = 0; j < logits.Columns; j++)
            {
                result[i, j] /= sum;
            }
        }

        return result;
    }

    /// <summary>(G.1), (G.2): S from queries and keys of one sample.</summary>
    public static BigMatrix Weights(AttentionKernel kernel, BigReal scale, BigMatrix query, BigMatrix key)
    {
        if (kernel.Kind == AttentionKernelKind.Softmax)
        {
            return Softmax(scale * (query * key.Transposed()));
        }

        BigMatrix exponents = BigMatrix.Fill(
            query.Rows, key.Rows, (j, k) => -scale * (query.RowRange(j, 1) - key.RowRange(k, 1)).SquaredNorm() / 2);
        return kernel.NormalisesRows ? Softmax(exponents) : exponents.Map(BigReal.Exp);
    }
}

/// <summary>Model R in 77 digits, as its page defines it (R.1–R.5).</summary>
internal sealed class ExactResidualTransformer(ResidualTransformerShape shape, BigMatrix inputs, int samples)
{
    /// <summary>H of the last block [M, d], of the last call of <see cref="Output"/>.</summary>
    public BigMatrix AttentionOutput { get; private set; } = new(0, 0);

    /// <summary>Φ of the last block [M, m], of the last call of <see cref="Output"/>.</summary>
    public BigMatrix Hidden { get; private set; } = new(0, 0);

    /// <summary>F [M, d_out] at the given matrices, in layout order.</summary>
    public BigMatrix Output(IReadOnlyList<BigMatrix> weights)
    {
        BigMatrix z = inputs;
        for (int block = 0; block < shape.Depth; block++)
        {
            var at = BlockIndices.Of(block, shape.Depth);
            z = Block(z, weights[at.Query], weights[at.Key], weights[at.Value], weights[at.FfnIn], weights[at.FfnOut]);
        }

        return weights.Count > BlockIndices.ReadoutOf(shape.Depth) ? z * weights[^1] : z;
    }

    /// <summary>J [M·d_out, P] of some matrices by central differences with h = 2⁻⁸⁰: a
    /// truncation of about 1e-48 and a rounding of about 1e-52 of the function's size.</summary>
    public BigMatrix Jacobian(IReadOnlyList<BigMatrix> weights, IReadOnlyList<int> trained)
    {
        BigReal h = Math.ScaleB(1, -80);
        List<BigMatrix> columns = [];
        foreach (int block in trained)
        {
            for (int k = 0; k < weights[block].Rows * weights[block].Columns; k++)
            {
                BigMatrix difference = Shifted(block, k, h) - Shifted(block, k, -h);
                columns.Add(
                    BigMatrix.Fill(
                        difference.Rows * difference.Columns, 1,
                        (i, _) => difference[i / difference.Columns, i % difference.Columns] / (2 * h)));
            }
        }

        return BigMatrix.Beside([.. columns]);

        BigMatrix Shifted(int block, int element, BigReal by)
        {
            BigMatrix[] moved = [.. weights];
            int width = moved[block].Columns;
            moved[block] = BigMatrix.Fill(
                moved[block].Rows, width, (i, j) => weights[block][i, j] + ((i * width) + j == element ? by : BigReal.Zero));
            return Output(moved);
        }
    }

    private BigMatrix Block(BigMatrix z, BigMatrix query, BigMatrix key, BigMatrix value, BigMatrix ffnIn, BigMatrix ffnOut)
    {
        int tokens = z.Rows / samples;
        BigReal temperature = shape.LogitScale;
        BigMatrix[] branches =
        [
            .. Enumerable.Range(0, samples).Select(sample =>
            {
                BigMatrix own = z.RowRange(sample * tokens, tokens);
                return ExactAttention.Softmax(temperature * (own * query * (own * key).Transposed())) * own * value;
            }),
        ];
        AttentionOutput = ((BigReal)shape.AttentionResidual * z) + BigMatrix.Above(branches);
        Hidden = (AttentionOutput * ffnIn).Map(Activate);
        return ((BigReal)shape.FfnResidual * AttentionOutput) + (Hidden * ffnOut);
    }

    // (R.5)
    private BigReal Activate(BigReal x)
    {
        BigReal slope = shape.Activation.Slope, smoothing = shape.Activation.Smoothing;
        return shape.Activation.Kind switch
        {
            ActivationKind.Identity => x,
            ActivationKind.Relu => BigReal.Max(x, BigReal.Zero),
            ActivationKind.LeakyRelu => x.Sign > 0 ? x : slope * x,
            ActivationKind.SmoothLeakyRelu =>
                (slope * x) + ((1 - slope) * (BigReal.Sqrt((x * x) + (smoothing * smoothing)) + x - smoothing) / 2),
            _ => x * NormalDistribution(x),
        };
    }

    // Φ(x) = ½ + φ(x) Σ_k x^{2k+1}/(1·3⋯(2k+1)); beyond 30 it is 0 or 1 to 1e-197.
    private static BigReal NormalDistribution(BigReal x)
    {
        if (BigReal.Abs(x) > 30)
        {
            return x.Sign > 0 ? BigReal.One : BigReal.Zero;
        }

        BigReal square = x * x, term = x, sum = x, least = BigReal.Abs(x) * Math.ScaleB(1, -270);
        for (int odd = 3; BigReal.Abs(term) > least; odd += 2)
        {
            term = term * square / odd;
            sum += term;
        }

        return (BigReal.One / 2) + (sum * BigReal.Exp(-(square / 2)) / BigReal.Sqrt(2 * Pi));
    }

    // Machin: π = 16 arctan(1/5) − 4 arctan(1/239).
    private static BigReal Pi { get; } = (16 * InverseTangent(5)) - (4 * InverseTangent(239));

    private static BigReal InverseTangent(int reciprocal)
    {
        BigReal sum = BigReal.Zero, power = BigReal.One / reciprocal;
        for (int n = 1; n < 400; n += 2)
        {
            sum += (n % 4 == 1 ? power : -power) / n;
            power /= reciprocal * reciprocal;
        }

        return sum;
    }
}

/// <summary>Models G and S in 77 digits, as their pages define them.</summary>
internal static class ExactFeatures
{
    /// <summary>(G.3)  B_h = S_h X of every head, each [M, D].</summary>
    public static BigMatrix[] OfKernelAttention(Transformer model, ModelParameters parameters, BigMatrix inputs)
    {
        TransformerShape shape = model.Shape;
        int tokens = inputs.Rows / model.Samples;
        BigReal scale = shape.Kernel.Scale(shape.KeyWidth);
        return [.. Enumerable.Range(0, shape.Heads).Select(head => BigMatrix.Above([.. Enumerable.Range(0, model.Samples).Select(sample =>
        {
            BigMatrix x = inputs.RowRange(sample * tokens, tokens);
            BigMatrix query = x * BigMatrix.Of(parameters[$"heads.{head}.query"]), key = x * BigMatrix.Of(parameters[$"heads.{head}.key"]);
            return ExactAttention.Weights(shape.Kernel, scale, query, key) * x;
        })]))];
    }

    /// <summary>(S.4)  F_pre [N, d_m].</summary>
    public static BigMatrix OfShallowEncoder(Transformer model, ModelParameters parameters)
    {
        TransformerShape shape = model.Shape;
        BigMatrix inputs = BigMatrix.Of(model.Inputs), query = BigMatrix.Of(parameters["query"]), key = BigMatrix.Of(parameters["key"]),
            value = BigMatrix.Of(parameters["value"]);
        BigReal pooled = (BigReal)shape.OutputScale / (shape.Pooling == TokenPooling.Sum ? 1 : model.Tokens);
        BigMatrix result = BigMatrix.Fill(model.Samples, shape.ValueWidth, (_, _) => BigReal.Zero);
        for (int sample = 0; sample < model.Samples; sample++)
        {
            BigMatrix x = inputs.RowRange(sample * model.Tokens, model.Tokens);
            BigMatrix weights = ExactAttention.Softmax(
                (BigReal)shape.LogitScale * (x * query.Transposed() * (x * key.Transposed()).Transposed()));
            BigMatrix hidden = (weights * x * value.Transposed()).Map(p => BigReal.Max(p, BigReal.Zero));
            for (int token = 0; token < model.Tokens; token++)
            {
                for (int unit = 0; unit < shape.ValueWidth; unit++)
                {
                    result[sample, unit] += pooled * hidden[token, unit];
                }
            }
        }

        return result;
    }
}
