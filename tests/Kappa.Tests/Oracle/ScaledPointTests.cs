using Kappa.Certificates;
using Kappa.Certificates.Path;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Oracle;

/// <summary>Every constant of the certificates of model R, and the first exact steps of what they
/// promise, at points whose matrices are scaled by 10^±(40…160): one function, other numbers.</summary>
/// <remarks>
/// Powers of two that cancel along the model change its matrices and not what it computes, so the truth is that of the point before
/// scaling: a matrix times 2ᵏ divides its Jacobian by 2ᵏ. Drawn with and without a readout, of one and two blocks, with every activation
/// that the theorems allow, and with blocks before the last trained.
/// </remarks>
public sealed class ScaledPointTests
{
    private const int StepsLookedAt = 2;

    [Fact]
    public void Every_constant_of_a_scaled_point_is_on_the_safe_side_and_what_is_certified_happens()
    {
        int count = OracleCase.Count(120), certified = 0;
        List<string> faults = [];
        for (int seed = 0; seed < count; seed++)
        {
            var draw = new OracleCase("scaled", seed);
            if (ScaledPoint.Draw(draw) is not ScaledPoint made)
            {
                continue;
            }

            using ResidualTransformerPoint point = made.NewPoint();
            Truth? truth = null;
            foreach (Theorem theorem in Theorems.OfResidualTransformer)
            {
                Certificate certificate = theorem.Evaluate(point, new CertificateOptions { MeasuresShortfall = false });
                if (certificate.Outcome == CertificateOutcome.NotApplicable)
                {
                    continue;
                }

                truth ??= new Truth(made, point);
                truth.Check(draw, certificate);
                certified += certificate.Outcome == CertificateOutcome.Guaranteed ? 1 : 0;
            }

            faults.AddRange(draw.Faults);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} points, {certified} certificates, {faults.Count} faults.");
        Assert.True(faults.Count == 0, $"{faults.Count} faults at {count} points, among them:\n{string.Join('\n', faults.Take(12))}");
        Assert.True(certified > count / 20, $"Only {certified} certificates at {count} points: the draws test nothing.");
    }

    private sealed class Truth
    {
        private readonly ScaledPoint _made;
        private readonly ResidualTransformerPoint _point;
        private readonly ExactResidualTransformer _model;
        private readonly BigMatrix[] _weights;
        private readonly BigMatrix _targets;
        private readonly int[] _trained;
        private readonly BigReal[] _singular;
        private readonly BigReal[] _norms;
        private readonly BigReal _hidden;
        private readonly BigReal _attentionOutput;
        private readonly BigReal _residual;

        public Truth(ScaledPoint made, ResidualTransformerPoint point)
        {
            (_made, _point) = (made, point);
            _model = new ExactResidualTransformer(made.Plain.Shape, BigMatrix.Of(made.Plain.Inputs), made.Plain.Samples);
            _weights = [.. made.Plain.Weights.Layout.Blocks.Select(block => BigMatrix.Of(made.Plain.Weights[block]))];
            _targets = BigMatrix.Of(made.Plain.Targets);
            _trained = [.. Enumerable.Range(0, _weights.Length).Where(k => point.IsTrained[k])];
            BigMatrix output = _model.Output(_weights);
            _residual = (output - _targets).Norm() * ScaledPoint.Power(made.OutputExponent);
            _hidden = _model.Hidden.SingularValue(output.Rows) * ScaledPoint.Power(made.HiddenExponent);
            _attentionOutput = _model.AttentionOutput.SingularValue(output.Rows) * ScaledPoint.Power(made.AttentionOutputExponent);
            BigMatrix[] jacobians = [
                .. _trained.Select(b => ScaledPoint.Power(made.OutputExponent - made.Exponents[b]) * _model.Jacobian(_weights, [b]))];
            _norms = [.. jacobians.Select(jacobian => jacobian.SingularValue(1))];
            var joint = BigMatrix.Beside(jacobians);
            BigReal[] values = joint.SingularValues();
            _singular = joint.Columns < joint.Rows ? [.. values, BigReal.Zero] : values;
        }

        public void Check(OracleCase draw, Certificate certificate)
        {
            string label = certificate.Theorem.Label;
            BigReal largest = _singular[0], start = certificate.Theorem is PathCertificate ? _hidden : _singular[^1];
            draw.AtMost(start, BigReal.Max(start, largest), OracleCase.Find(certificate, "s_0"), $"s_0 of {label}");
            draw.AtMost(_hidden, _hidden, OracleCase.Find(certificate, "σ_M(Φ)"), $"σ_M(Φ) of {label}");
            draw.AtMost(_attentionOutput, _attentionOutput, OracleCase.Find(certificate, "σ_M(H)"), $"σ_M(H) of {label}");
            draw.AtLeast(
                _residual, OracleCase.Find(certificate, "R") ?? OracleCase.Find(certificate, "√(2ℒ_0)"), $"the residual of {label}");

            // Differences of the oracle are right to 1e-45 of the function's size.
            draw.AtLeast(largest * (1 - 1e-12), OracleCase.Find(certificate, "Λ_0"), $"Λ_0 of {label}");
            draw.AtLeast(largest * (1 - 1e-12), OracleCase.Find(certificate, "Λ"), $"Λ of {label}");
            Constant[] first = [.. certificate.Constants.Where(constant => constant.Symbol == "ℓ_b")];
            for (int k = 0; k < first.Length; k++)
            {
                draw.AtLeast(_norms[k] * (1 - 1e-12), first[k].Value, $"{first[k].Name} of {label}");
            }

            if (certificate.Guarantee is Guarantee guarantee)
            {
                draw.AtMost(_singular[^1] * _singular[^1], largest * largest, guarantee.PlConstant, $"μ of {label}");
                Descend(draw, label, guarantee);
            }
        }

        // Exact gradient descent: with W' = 2ᵏ W a step η for W' is one of 2^{2t − 2k} η for W, where the output is multiplied by 2ᵗ.
        private void Descend(OracleCase draw, string label, Guarantee guarantee)
        {
            BigMatrix[] weights = [.. _weights];
            BigMatrix error = _model.Output(weights) - _targets;
            BigReal loss = error.SquaredNorm();
            for (int step = 1; step <= StepsLookedAt && draw.Faults.Count == 0; step++)
            {
                BigMatrix column = BigMatrix.Fill(error.Rows * error.Columns, 1, (i, _) => error[i / error.Columns, i % error.Columns]);
                BigMatrix[] gradients = [.. _trained.Select(b => _model.Jacobian(weights, [b]).Transposed() * column)];
                for (int k = 0; k < _trained.Length; k++)
                {
                    int b = _trained[k];
                    BigReal factor = guarantee.StepSize * ScaledPoint.Power(2 * (_made.OutputExponent - _made.Exponents[b]));
                    int columns = weights[b].Columns, of = k;
                    weights[b] -= BigMatrix.Fill(weights[b].Rows, columns, (i, j) => factor * gradients[of][(i * columns) + j, 0]);
                    BigReal moved = (weights[b] - _weights[b]).Norm() * ScaledPoint.Power(_made.Exponents[b]);
                    draw.AtLeast(
                        moved * (1 - 1e-12), guarantee.Radii[k].Radius,
                        $"the radius of {_point.Weights.Layout.Blocks[b].Name} in step {step} of {label}");
                }

                if (draw.Faults.Count == 0)
                {
                    error = _model.Output(weights) - _targets;
                    BigReal next = error.SquaredNorm();
                    draw.AtMost(1 - (next / loss), 1, guarantee.Rate, $"the rate in step {step} of {label}");
                    loss = next;
                }
            }
        }
    }

    /// <summary>A point and the exponents of two that were put on its matrices.</summary>
    private sealed record ScaledPoint(
        ResidualPoint Plain, ResidualPoint Scaled, int[] Exponents, int OutputExponent, int HiddenExponent, int AttentionOutputExponent)
    {
        public ResidualTransformerPoint NewPoint() => Scaled.NewPoint();

        /// <summary>2ᵏ for any k.</summary>
        public static BigReal Power(int exponent)
        {
            BigReal power = BigReal.One;
            for (; exponent != 0; exponent -= Math.Clamp(exponent, -1000, 1000))
            {
                power *= Math.ScaleB(1, Math.Clamp(exponent, -1000, 1000));
            }

            return power;
        }

        /// <summary><c>null</c> where an element would leave the range of doubles.</summary>
        public static ScaledPoint? Draw(OracleCase draw)
        {
            ResidualPoint plain = NewPlain(draw);
            ResidualTransformerShape shape = plain.Shape;
            bool isHomogeneous = shape.Activation.Kind != ActivationKind.Gelu;
            int bend = isHomogeneous ? Exponent(draw) / (shape.Activation.Kind == ActivationKind.Identity ? 1 : 2) : 0;
            var exponents = new int[plain.Weights.Layout.Blocks.Count];
            int input = Exponent(draw), z = input, attentionOutput = 0;
            for (int layer = 0; layer < shape.Depth; layer++)
            {
                int query = Exponent(draw), value = shape.AttentionResidual == 0 ? Exponent(draw) : 0;
                attentionOutput = z + value;
                int next = shape.FfnResidual == 0 ? Exponent(draw) : attentionOutput;
                var at = BlockIndices.Of(layer, shape.Depth);
                (exponents[at.Query], exponents[at.Key], exponents[at.Value]) = (query - z, -query - z, value);
                (exponents[at.FfnIn], exponents[at.FfnOut]) = (bend - attentionOutput, next - bend);
                z = next;
            }

            int output = shape.ReadoutWidth is null ? z : Exponent(draw);
            if (shape.ReadoutWidth is not null)
            {
                exponents[^1] = output - z;
            }

            ResidualTransformerShape scaledShape = shape.Activation.Kind == ActivationKind.SmoothLeakyRelu
                ? shape with { Activation = shape.Activation with { Smoothing = Math.ScaleB(shape.Activation.Smoothing, bend) } } : shape;
            var weights = new ResidualTransformerWeights(scaledShape);
            bool isExact = true;
            for (int b = 0; b < exponents.Length; b++)
            {
                isExact &= Scale(plain.Weights[plain.Weights.Layout.Blocks[b]], exponents[b], weights[weights.Layout.Blocks[b]]);
            }

            Matrix inputs = Matrix<double>.Allocate(plain.Inputs.Rows, plain.Inputs.Columns),
                targets = Matrix<double>.Allocate(plain.Targets.Rows, plain.Targets.Columns);
            isExact = isExact && Scale(plain.Inputs, input, inputs) && Scale(plain.Targets, output, targets);
            draw.Say($"exponents {input} | {string.Join(' ', exponents)} | {output}, {shape.Activation.Kind}, depth {shape.Depth}");
            return isExact
                ? new ScaledPoint(
                    plain, plain with { Shape = scaledShape, Weights = weights, Inputs = inputs, Targets = targets }, exponents, output,
                    bend, attentionOutput)
                : null;
        }

        private static ResidualPoint NewPlain(OracleCase draw)
        {
            int samples = 1 + draw.Next(2), tokens = 3 - samples, width = 2, depth = 1 + draw.Next(2);
            var shape = new ResidualTransformerShape
            {
                Depth = depth,
                Width = width,
                FfnWidth = 2 + draw.Next(3),
                KeyWidth = 1 + draw.Next(2),
                AttentionResidual = draw.Next(2),
                FfnResidual = draw.Next(2),
                ReadoutWidth = draw.Next(3) == 0 ? 1 + draw.Next(2) : null,
                Temperature = draw.Next(2) == 0 ? 0.5 : null,
                Activation = draw.Next(6) switch
                {
                    0 => new Activation(ActivationKind.Gelu),
                    < 4 => new Activation(ActivationKind.Identity),
                    _ => new Activation(ActivationKind.SmoothLeakyRelu),
                },
            };
            var weights = new ResidualTransformerWeights(shape);
            weights.Vector.AsSpan().ForEach((_, _) => draw.Dyadic());
            if (draw.Next(2) == 0)
            {
                weights.Block(depth - 1).Query.Fill(0);
            }

            Matrix inputs = OracleCase.Filled(samples * tokens, width, draw.Dyadic);
            if (draw.Next(8) == 0)
            {
                inputs.Row(0).CopyTo(inputs.Row(1));
            }

            double distance = draw.Next(3) switch { 0 => 1e-3, 1 => 1e-6, _ => 1e-9 };
            BigMatrix output = new ExactResidualTransformer(shape, BigMatrix.Of(inputs), samples).Output(
                [.. weights.Layout.Blocks.Select(block => BigMatrix.Of(weights[block]))]);
            Matrix targets = Matrix<double>.Allocate(output.Rows, output.Columns);
            targets.Span.ForEach((k, _) => (double)output[k / output.Columns, k % output.Columns] + (distance * draw.Gaussian()));
            return new ResidualPoint(shape, inputs, targets, samples, weights, Trained(draw, weights.Layout.Blocks, depth));
        }

        // W_2 of the last block or the readout as a rule, and any others.
        private static TrainedSet Trained(OracleCase draw, IReadOnlyList<ParameterBlock> blocks, int depth)
        {
            int readout = BlockIndices.ReadoutOf(depth), sure = blocks.Count > readout && draw.Next(2) == 0
                    ? readout
                    : BlockIndices.Of(depth - 1, depth).FfnOut - draw.Next(2),
                share = draw.Next(4);
            return TrainedSet.OfNames([.. blocks.Where((_, b) => b == sure || draw.Next(4) < share).Select(block => block.Name)]);
        }

        // 0, or 2^±(133…531), which is 10^±(40…160).
        private static int Exponent(OracleCase draw) => draw.Next(2) == 0 ? 0 : (133 + draw.Next(399)) * (draw.Next(2) == 0 ? 1 : -1);

        private static bool Scale(Matrix source, int exponent, Matrix target)
        {
            target.Span.ForEach((k, _) => Math.ScaleB(source.Span[k], exponent));
            for (int k = 0; k < source.Span.Length; k++)
            {
                if (Math.ScaleB(target.Span[k], -exponent) != source.Span[k])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
