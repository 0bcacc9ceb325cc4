using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Tests.Certificates;

/// <summary>Why two outputs of a degenerate point are the same function of
/// the trained weights, or its features have too few dimensions.</summary>
public enum Degeneracy
{
    /// <summary>W_Q maps the difference of the tokens to 0 and ρ_a = 0: all rows attend alike.</summary>
    QueriesAgree,

    /// <summary>W_K maps the differences of the tokens to 0 and ρ_a = 0: the attention is uniform.</summary>
    KeysAgree,

    /// <summary>One sample is the other with its tokens in another order: equal rows, summed in another order.</summary>
    SamplesArePermuted,

    /// <summary>ψ is the identity and there are more rows than columns of H.</summary>
    FeaturesAreLinear,

    /// <summary>W_V maps every token to 0 and ρ_a = 0: H = 0.</summary>
    ValuesCancel,
}

/// <summary>Points at which zero loss is impossible in exact arithmetic, made from numbers whose sums are
/// exact and whose products round, with large common parts that a computation must not be fooled by.</summary>
internal sealed class DegeneratePoint
{
    private const int Width = 4;
    private readonly Random _random;

    public DegeneratePoint(Degeneracy kind, int depth, int seed)
    {
        _random = new Random(seed);
        Samples = kind == Degeneracy.SamplesArePermuted ? 2 : 1;
        Tokens = kind == Degeneracy.FeaturesAreLinear ? 6 : 2 + _random.Next(2);
        bool isCommon = kind is Degeneracy.QueriesAgree or Degeneracy.KeysAgree or Degeneracy.ValuesCancel;
        Shape = new ResidualTransformerShape
        {
            Depth = depth,
            Width = Width,
            FfnWidth = 12,
            Temperature = 0.5,
            AttentionResidual = isCommon ? 0 : _random.Next(2),
            FfnResidual = _random.Next(2),
            Activation = kind == Degeneracy.FeaturesAreLinear ? new Activation(ActivationKind.Identity)
                : _random.Next(3) == 0 ? new Activation(ActivationKind.Gelu)
                : new Activation(ActivationKind.SmoothLeakyRelu, 0.1, 0.5),
        };
        Weights = new ResidualTransformerWeights(Shape);
        for (int layer = 0; layer < depth; layer++)
        {
            BlockWeights block = Weights.Block(layer);
            foreach (Matrix matrix in (Matrix[])[block.Query, block.Key, block.Value, block.FfnIn, block.FfnOut])
            {
                Fill(matrix);
            }
        }

        Inputs = Matrix.Allocate(Samples * Tokens, Width);
        MakeInputs(kind);
        MakeWeights(kind);
        Targets = Matrix.Allocate(Inputs.Rows, Width);
        Fill(Targets);
        if (_random.Next(2) == 0)
        {
            NearOutput();
        }
    }

    public int Samples { get; }

    public int Tokens { get; }

    public ResidualTransformerShape Shape { get; }

    public ResidualTransformerWeights Weights { get; }

    public Matrix Inputs { get; }

    public Matrix Targets { get; }

    // A power of two from 1 to about 1e14.
    private double Common() => Math.ScaleB(1, _random.Next(47));

    // Forty bits behind the point: sums of a few are exact, products are not.
    private double Draw() => Math.ScaleB(_random.NextInt64(-(1L << 41), 1L << 41), -40);

    private void Fill(in Matrix matrix)
    {
        for (int i = 0; i < matrix.Span.Length; i++)
        {
            matrix.Span[i] = Draw();
        }
    }

    // The last coordinate is common to all tokens; where rows must agree the tokens differ by multiples of (1, 1, 1, 0).
    private void MakeInputs(Degeneracy kind)
    {
        Fill(Inputs);
        double common = _random.Next(2) == 0 ? 1 : Math.ScaleB(1, _random.Next(47));
        for (int row = 0; row < Inputs.Rows; row++)
        {
            Inputs[row, Width - 1] = common;
            for (int k = 0; k < Width - 1 && kind is Degeneracy.QueriesAgree or Degeneracy.KeysAgree; k++)
            {
                Inputs[row, k] = Inputs[0, k] + row;
            }
        }

        for (int token = 0; token < Tokens && kind == Degeneracy.SamplesArePermuted; token++)
        {
            for (int k = 0; k < Width - 1; k++)
            {
                // All 53 bits: no sum of products is exact in 106.
                Inputs[token, k] = 4 * (_random.NextDouble() - 0.5);
            }

            Inputs.Row(token).CopyTo(Inputs.Row(Tokens + ((token + 1) % Tokens)));
        }
    }

    private void MakeWeights(Degeneracy kind)
    {
        BlockWeights block = Weights.Block(0);
        double share = Common();
        foreach (Matrix matrix in (Matrix[])[block.Query, block.Key, block.Value])
        {
            for (int k = 0; k < matrix.Columns; k++)
            {
                matrix[Width - 1, k] *= _random.Next(2) == 0 ? share : 1;
            }
        }

        if (kind == Degeneracy.SamplesArePermuted && _random.Next(2) == 0)
        {
            // The keys' coordinates sum to 0, so a part c(1, 1, 1, 0) of every query gives
            // nothing; computed, it gives c times the rounding of the keys, also in 106 bits.
            double hidden = Math.ScaleB(1, 40 + _random.Next(100));
            for (int k = 0; k < Width; k++)
            {
                block.Key[k, 2] = -(block.Key[k, 0] + block.Key[k, 1]);
                block.Query[Width - 1, k] = k < 3 ? hidden : 0;
            }

            for (int row = 0; row < Width; row++)
            {
                Vectors.Scale(block.Key.Row(row), row == Width - 1 ? 1 : 0.25);
            }
        }
        else if (kind is Degeneracy.QueriesAgree or Degeneracy.KeysAgree)
        {
            Matrix matrix = kind == Degeneracy.QueriesAgree ? block.Query : block.Key;
            for (int k = 0; k < matrix.Columns; k++)
            {
                matrix[2, k] = -(matrix[0, k] + matrix[1, k]);
            }
        }
        else if (kind == Degeneracy.ValuesCancel)
        {
            // Every token is a multiple of (1, 1, 1, 0) plus the common part, and W_V maps both to 0.
            for (int k = 0; k < Width; k++)
            {
                block.Value[2, k] = -(block.Value[0, k] + block.Value[1, k]);
                block.Value[Width - 1, k] = 0;
            }

            for (int row = 0; row < Inputs.Rows; row++)
            {
                (Inputs[row, 1], Inputs[row, 2]) = (Inputs[row, 0], Inputs[row, 0]);
            }
        }
    }

    // The residual is small too, as it is where certificates speak.
    private void NearOutput()
    {
        using var model = ResidualTransformer.WithoutTargets(Shape, Inputs, Samples);
        model.Forward(Weights);
        for (int i = 0; i < Targets.Span.Length; i++)
        {
            Targets.Span[i] = model.ForwardOutput.Span[i] + (1e-9 * Targets.Span[i]);
        }
    }
}
