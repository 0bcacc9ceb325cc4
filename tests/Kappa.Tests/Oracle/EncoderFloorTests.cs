using Kappa.Certificates;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Oracle;

/// <summary>What S.5 and S.9 report against 50 digits: α is a floor, the norms
/// are upper bounds, and no point with dependent features is certified.</summary>
public sealed class EncoderFloorTests
{
    [Fact]
    public void Every_floor_of_random_and_degenerate_points_is_at_most_the_truth()
    {
        int certified = 0, regular = 0, count = OracleCase.Count(600);
        List<string> faults = [];
        for (int seed = 0; seed < count; seed++)
        {
            var draw = new OracleCase("shallow encoder", seed);
            using Transformer model = Point(draw, out ModelParameters parameters);
            var point = new TransformerPoint(model, parameters, draw.Next(2) == 0 ? TrainedSet.All : TrainedSet.OfNames("readout"));
            var exact = new Truth(model, parameters);
            regular += exact.IsRegular ? 1 : 0;
            foreach (TransformerTheorem theorem in Theorems.OfShallowEncoder.Take(3))
            {
                Certificate certificate = theorem.Evaluate(point);
                exact.Check(draw, certificate);
                certified += certificate.Outcome == CertificateOutcome.Guaranteed ? 1 : 0;
            }

            faults.AddRange(draw.Faults);
        }

        OracleCase.Report(faults, count, certified, regular);
    }

    // F_pre, the residual and the constants of (S.4) and (S.9), written out.
    private sealed class Truth
    {
        private readonly BigReal _largest;
        private readonly BigReal _alpha;
        private readonly BigReal _residual;
        private readonly BigReal _value = BigReal.Zero;
        private readonly BigReal _logits = BigReal.Zero;
        private readonly BigReal _dataNorm = BigReal.Zero;

        public Truth(Transformer model, ModelParameters parameters)
        {
            BigMatrix features = ExactFeatures.OfShallowEncoder(model, parameters), inputs = BigMatrix.Of(model.Inputs);
            BigReal[] values = features.SingularValues();
            (_largest, _alpha) = (values[0], features.Rows > values.Length ? BigReal.Zero : values[^1]);
            _residual = ((features * BigMatrix.Of(parameters["readout"]).Transposed()) - BigMatrix.Of(model.Targets)).Norm();
            for (int sample = 0; sample < model.Samples; sample++)
            {
                BigMatrix x = inputs.RowRange(sample * model.Tokens, model.Tokens);
                BigReal[] lengths = [.. Enumerable.Range(0, model.Tokens).Select(token => x.RowRange(token, 1).Norm())];
                BigReal longest = lengths.Max(), spectral = x.SingularValue(1), sum = lengths.Aggregate((a, b) => a + b);
                _value += model.Tokens * longest * (model.Tokens * longest);
                _logits += spectral * spectral * sum * (spectral * spectral * sum);
                _dataNorm = BigReal.Max(_dataNorm, x.Norm() / BigReal.Sqrt(model.Tokens));
            }

            BigReal scale = BigReal.Abs(model.Shape.OutputScale) / (model.Shape.Pooling == TokenPooling.Sum ? 1 : model.Tokens);
            (_value, _logits) = (scale * BigReal.Sqrt(_value), 0.5 * BigReal.Abs(model.Shape.LogitScale) * scale * BigReal.Sqrt(_logits));
        }

        public bool IsRegular => _alpha > _largest * 1e-36;

        public void Check(OracleCase draw, Certificate certificate)
        {
            Condition? independent = certificate.Conditions.FirstOrDefault(condition => condition.Symbol == "α = σ_N(F_pre⁰)");
            draw.AtMost(_alpha, _largest, independent?.Value, "α");
            draw.AtMost(_alpha, _largest, OracleCase.Find(certificate, "α"), "α");
            draw.AtLeast(_largest, OracleCase.Find(certificate, "‖F_pre⁰‖₂"), "‖F_pre⁰‖₂");
            draw.AtLeast(_residual, OracleCase.Find(certificate, "√(2ℓ_0)"), "√(2ℓ_0)");
            draw.AtLeast(_value, OracleCase.Find(certificate, "r_V"), "r_V");
            draw.AtLeast(_logits, OracleCase.Find(certificate, "r_L"), "r_L");
            draw.AtLeast(_dataNorm, OracleCase.Find(certificate, "C_x"), "C_x");
            draw.CertifiedOnlyIf(IsRegular, certificate);
            if (OracleCase.Find(certificate, "ν") is double decrease)
            {
                draw.AtMost(_alpha * _alpha, _largest * _largest, decrease, "ν");
            }
        }
    }

    private static Transformer Point(OracleCase draw, out ModelParameters parameters)
    {
        int samples = 2 + draw.Next(2), tokens = 1 + draw.Next(3), inputWidth = 2 + draw.Next(3), width = samples + draw.Next(8);
        var shape = TransformerShape.ShallowEncoder(inputWidth, width, draw.Next(3) == 0 ? 1 : 1.0 / width) with
        {
            OutputScale = draw.Next(2) == 0 ? 1 : 1 / Math.Sqrt(width),
            Pooling = (TokenPooling)draw.Next(2),
            Reduction = (LossReduction)draw.Next(2),
        };
        parameters = new ModelParameters(shape.NewLayout());
        foreach (ref double x in parameters.Vector.AsSpan())
        {
            x = draw.Dyadic();
        }

        // A readout that is small against the features and a residual smaller than any false α² can be.
        Vectors.Scale(parameters["readout"].Span, draw.Next(3) == 0 ? 0 : 1e-30);
        Matrix inputs = OracleCase.Filled(samples * tokens, inputWidth, draw.Dyadic),
            targets = OracleCase.Filled(samples, 1, draw.Gaussian);
        Vectors.Scale(targets.Span, draw.Next(4) == 0 ? 1e-3 : 1e-40);
        Spoil(draw, tokens, inputs, parameters);
        return Transformer.OfArrays(shape, inputs, targets, samples);
    }

    // One of the ways in which rows of F_pre become dependent in exact arithmetic, or nearly so, and a common part for rounding to work on.
    private static void Spoil(OracleCase draw, int tokens, Matrix inputs, ModelParameters parameters)
    {
        int kind = draw.Next(7);
        double common = draw.CommonPart();
        draw.Say(FormattableString.Invariant($"kind {kind}, common part {common:R}"));
        Matrix first = inputs.RowRange(0, tokens), second = inputs.RowRange(tokens, tokens), query = parameters["query"],
            key = parameters["key"], value = parameters["value"];
        switch (kind)
        {
            case 0:
                return;
            case 1:
                // The second sample is the first in another order: the sum over tokens does not see it.
                for (int token = 0; token < tokens; token++)
                {
                    first.Row(token).CopyTo(second.Row((token + 1) % tokens));
                }

                Multiply(key, common);
                return;
            case 2:
                // The second sample is the first, moved by what W_Q and W_V map to 0 and W_K does not: the keys move together.
                for (int k = 0; k < inputs.Rows / tokens * tokens; k++)
                {
                    inputs.Row(k)[0] = inputs.Row(k)[1];
                }

                for (int token = 0; token < tokens; token++)
                {
                    first.Row(token).CopyTo(second.Row(token));
                    second.Row(token).ForEach((j, x) => j < 2 ? x + 1 : x);
                }

                for (int unit = 0; unit < query.Rows; unit++)
                {
                    (query[unit, 0], value[unit, 0], key[unit, 0]) = (-query[unit, 1], -value[unit, 1], key[unit, 0] + common);
                }

                return;
            case 3:
                // Uniform attention and a second sample three times the first: ReLU is homogeneous.
                query.Fill(0);
                for (int token = 0; token < tokens; token++)
                {
                    first.Row(token).CopyTo(second.Row(token));
                    second.Row(token).ForEach((_, x) => 3 * x);
                }

                return;
            case 4:
                // No kink is passed: F_pre is linear in the pooled tokens, of rank at most d.
                inputs.Span.ForEach((_, x) => Math.Abs(x) + common);
                value.Span.ForEach((_, x) => Math.Abs(x));
                query.Fill(0);
                return;
            case 5:
                // Every unit is a positive multiple of the first: rank 1.
                for (int unit = 1; unit < value.Rows; unit++)
                {
                    value.Row(0).CopyTo(value.Row(unit));
                    value.Row(unit).ForEach((_, x) => x * (1 + unit));
                }

                return;
            default:
                // Inputs with a common part: nearly dependent rows.
                inputs.Span.ForEach((_, x) => x + common);
                query.Fill(0);
                return;
        }
    }

    private static void Multiply(Matrix matrix, double factor)
    {
        if (factor > 0)
        {
            Vectors.Scale(matrix.Span, Math.Min(factor, 1e6));
        }
    }
}
