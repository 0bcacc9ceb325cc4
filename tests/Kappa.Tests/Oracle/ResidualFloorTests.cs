using Kappa.Certificates;
using Kappa.Certificates.Path;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Oracle;

/// <summary>What the path, kernel-floor and ball certificates report against 50 digits: floors are
/// floors, upper constants upper, and no point that cannot reach zero loss is certified.</summary>
public sealed class ResidualFloorTests
{
    private const int MatricesOfBlock = 5;

    [Fact]
    public void Every_floor_of_points_with_W_2_alone_trained_is_at_most_the_truth() =>
        Look("residual, W_2 alone", OracleCase.Count(250), trainsAll: false);

    [Fact]
    public void Every_floor_of_points_with_several_blocks_trained_is_at_most_the_truth() =>
        Look("residual, more blocks", OracleCase.Count(400) / 10, trainsAll: true);

    private static void Look(string name, int count, bool trainsAll)
    {
        int certified = 0, regular = 0;
        List<string> faults = [];
        for (int seed = 0; seed < count; seed++)
        {
            var draw = new OracleCase(name, seed);
            ResidualPoint made = ResidualPoint.Draw(draw, trainsAll);
            using ResidualTransformerPoint point = made.NewPoint();
            var exact = new Truth(made, point);
            regular += exact.IsRegular ? 1 : 0;
            foreach (Theorem theorem in Theorems.OfResidualTransformer)
            {
                Certificate certificate = theorem.Evaluate(point, new CertificateOptions { MeasuresShortfall = false });
                exact.Check(draw, certificate);
                certified += certificate.Outcome == CertificateOutcome.Guaranteed ? 1 : 0;
            }

            faults.AddRange(draw.Faults);
        }

        OracleCase.Report(faults, count, certified, regular);
    }

    private sealed class Truth
    {
        private readonly BigReal _hiddenFloor;
        private readonly BigReal _hiddenNorm;
        private readonly BigReal _attentionFloor;
        private readonly BigReal _residual;
        private readonly BigReal _smallest;
        private readonly BigReal _largest;

        public Truth(ResidualPoint made, ResidualTransformerPoint point)
        {
            BigMatrix[] weights = [.. point.Weights.Layout.Blocks.Select(block => BigMatrix.Of(point.Weights[block]))];
            var model = new ExactResidualTransformer(made.Shape, BigMatrix.Of(made.Inputs), made.Samples);
            BigMatrix output = model.Output(weights), hidden = model.Hidden, attentionOutput = model.AttentionOutput;
            _residual = (output - BigMatrix.Of(made.Targets)).Norm();
            (_hiddenFloor, _hiddenNorm, _attentionFloor) = (
                hidden.SingularValue(output.Rows), hidden.Norm(), attentionOutput.SingularValue(output.Rows));
            int[] trained = [.. Enumerable.Range(0, weights.Length).Where(k => point.IsTrained[k])];
            if (trained is [int only] && only == (MatricesOfBlock * made.Shape.Depth) - 1)
            {
                // J = Φ ⊗ I of the last block.
                (_largest, _smallest) = (hidden.SingularValue(1), _hiddenFloor);
                return;
            }

            BigReal[] values = model.Jacobian(weights, trained).SingularValues();
            (_largest, _smallest) = (values[0], values.Length < output.Rows * output.Columns ? BigReal.Zero : values[^1]);
        }

        public bool IsRegular => _smallest > _largest * 1e-30;

        public void Check(OracleCase draw, Certificate certificate)
        {
            BigReal start = certificate.Theorem is PathCertificate ? _hiddenFloor : _smallest;
            draw.AtMost(
                start, BigReal.Max(_hiddenNorm, _largest), OracleCase.Find(certificate, "s_0"), $"s_0 of {certificate.Theorem.Label}");
            draw.AtMost(
                start, BigReal.Max(_hiddenNorm, _largest), OracleCase.Find(certificate, "s(r̄)"), $"s(r̄) of {certificate.Theorem.Label}");
            draw.AtMost(_hiddenFloor, _hiddenNorm, OracleCase.Find(certificate, "σ_M(Φ)"), "σ_M(Φ)");
            draw.AtMost(_attentionFloor, _hiddenNorm, OracleCase.Find(certificate, "σ_M(H)"), "σ_M(H)");
            draw.AtLeast(_largest, OracleCase.Find(certificate, "Λ_0"), $"Λ_0 of {certificate.Theorem.Label}");
            draw.AtLeast(_largest, OracleCase.Find(certificate, "Λ"), $"Λ of {certificate.Theorem.Label}");
            draw.AtLeast(_residual, OracleCase.Find(certificate, "R"), $"R of {certificate.Theorem.Label}");
            draw.AtLeast(_residual, OracleCase.Find(certificate, "√(2ℒ_0)"), "√(2ℒ_0)");
            draw.CertifiedOnlyIf(IsRegular, certificate);
            if (certificate.Guarantee is Guarantee guarantee)
            {
                // A step takes at most the share of the slowest direction at θ_0 away from every residual: no rate can promise more.
                draw.AtMost(_smallest * _smallest, _largest * _largest, guarantee.PlConstant, $"μ of {certificate.Theorem.Label}");
            }
        }
    }
}

/// <summary>A small point of model R, random or degenerate.</summary>
internal sealed record ResidualPoint(
    ResidualTransformerShape Shape, Matrix Inputs, Matrix Targets, int Samples, ResidualTransformerWeights Weights, TrainedSet Trained)
{
    public ResidualTransformerPoint NewPoint() => new(Inputs, Samples, Targets, Weights, Trained);

    public static ResidualPoint Draw(OracleCase draw, bool trainsAll)
    {
        int samples = 1 + draw.Next(2), tokens = samples == 2 ? 1 + draw.Next(trainsAll ? 2 : 3) : 2 + draw.Next(trainsAll ? 1 : 3),
            width = 2 + draw.Next(trainsAll ? 2 : 4);
        var shape = new ResidualTransformerShape
        {
            Depth = trainsAll ? 1 : 1 + draw.Next(2),
            Width = width,
            FfnWidth = (samples * tokens) + draw.Next(4),
            KeyWidth = draw.Next(3) == 0 ? 1 + draw.Next(width) : width,
            AttentionResidual = draw.Next(3) / 2.0,
            FfnResidual = draw.Next(2),
            Temperature = draw.Next(2) == 0 ? 0.5 : null,
            Activation = draw.Next(4) == 0 ? new Activation(ActivationKind.Identity) : new Activation(ActivationKind.SmoothLeakyRelu),
        };
        var weights = new ResidualTransformerWeights(shape);
        weights.Vector.AsSpan().ForEach((_, _) => draw.Dyadic());
        Matrix inputs = OracleCase.Filled(samples * tokens, width, draw.Dyadic),
            targets = OracleCase.Filled(samples * tokens, width, draw.Gaussian);
        Spoil(draw, tokens, inputs, weights.Block(0));
        if (draw.Next(2) == 0)
        {
            weights.Block(shape.Depth - 1).FfnOut.Fill(0);
        }

        // Near the output a certificate needs little: the nearer, the smaller a false floor can be.
        Matrix near = Output(shape, inputs, samples, weights);
        double distance = draw.Next(4) switch { 0 => 1, 1 => 1e-3, 2 => 1e-9, _ => 1e-14 };
        targets.Span.ForEach((k, x) => near.Span[k] + (distance * x));
        return new ResidualPoint(
            shape, inputs, targets, samples, weights,
            trainsAll && draw.Next(4) > 0 ? TrainedSet.All : TrainedSet.OfNames($"blocks.{shape.Depth - 1}.ffn_out"));
    }

    private static Matrix Output(ResidualTransformerShape shape, Matrix inputs, int samples, ResidualTransformerWeights weights)
    {
        using var model = ResidualTransformer.WithoutTargets(shape, inputs, samples);
        model.Forward(weights);
        Matrix output = Matrix<double>.Allocate(model.Rows, model.OutputColumns);
        model.ForwardOutput.CopyTo(output);
        return output;
    }

    // One of the ways in which rows of Φ become dependent in exact arithmetic, or nearly so, and a common part for rounding to work on.
    private static void Spoil(OracleCase draw, int tokens, Matrix inputs, in BlockWeights weights)
    {
        int kind = draw.Next(8), last = inputs.Columns - 1, other = tokens > 1 ? 1 : inputs.Rows - 1;
        double common = draw.CommonPart();
        Matrix query = weights.Query, key = weights.Key, value = weights.Value, ffnIn = weights.FfnIn;
        draw.Say(FormattableString.Invariant($"kind {kind}, common part {common:R}"));
        Span<double> first = inputs.Row(0), second = inputs.Row(other);
        switch (kind)
        {
            case 0:
                return;
            case 1 or 2:
                // The other token is the first plus what W_Q maps to 0: equal
                // rows of A, and of Φ where ρ_a = 0. All keys have a common part.
                first.CopyTo(second);
                (second[0], second[1]) = (first[0] + 1, first[1] + 1);
                query.Row(1).ForEach((j, _) => -query[0, j]);
                inputs.Span.ForEach((k, x) => k % inputs.Columns == last && last > 1 ? 1 : x);
                key.Row(last).ForEach((_, x) => x + common);
                return;
            case 3:
                first.CopyTo(second);
                key.Row(last).ForEach((_, x) => x + common);
                return;
            case 4:
                // H has rank 1: every column of W_V is a multiple of the first; with identity and ρ_a = 0 so has Φ.
                for (int row = 0; row < value.Rows; row++)
                {
                    value.Row(row).ForEach((j, _) => value[row, 0] * (1 + j));
                }

                return;
            case 5:
                // Every unit of the feed-forward layer is the first: Φ has rank 1.
                for (int row = 0; row < ffnIn.Rows; row++)
                {
                    ffnIn.Row(row).ForEach((_, _) => ffnIn[row, 0]);
                }

                return;
            case 6:
                // Logits of 1e3 and more.
                query.Span.ForEach((_, x) => x * Math.Min(Math.Max(common, 1e2), 1e4));
                return;
            default:
                // Inputs with a common part: nearly dependent rows.
                inputs.Span.ForEach((_, x) => x + common);
                return;
        }
    }
}
