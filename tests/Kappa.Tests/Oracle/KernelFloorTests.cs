using Kappa.Certificates;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Oracle;

/// <summary>What G.4 reports against 50 digits: floors are floors, upper constants
/// upper, and no point that cannot reach zero loss is certified.</summary>
public sealed class KernelFloorTests
{
    private static readonly TransformerTheorem ValuesOnly = Theorems.OfKernelAttention[0];

    [Fact]
    public void Every_floor_of_random_and_degenerate_points_is_at_most_the_truth()
    {
        int certified = 0, regular = 0, count = OracleCase.Count(250);
        List<string> faults = [];
        for (int seed = 0; seed < count; seed++)
        {
            var draw = new OracleCase("kernel attention", seed);
            using Transformer model = Point(draw, out ModelParameters parameters);
            Certificate certificate = ValuesOnly.Evaluate(new TransformerPoint(model, parameters, TrainedSet.Of(ParameterKind.Value)));
            if (certificate.Outcome == CertificateOutcome.NotApplicable)
            {
                continue;
            }

            bool isRegular = Check(draw, model, parameters, certificate);
            regular += isRegular ? 1 : 0;
            certified += certificate.Outcome == CertificateOutcome.Guaranteed ? 1 : 0;
            faults.AddRange(draw.Faults);
        }

        OracleCase.Report(faults, count, certified, regular);
    }

    private static bool Check(OracleCase draw, Transformer model, ModelParameters parameters, Certificate certificate)
    {
        TransformerShape shape = model.Shape;
        BigMatrix[] features = ExactFeatures.OfKernelAttention(model, parameters, BigMatrix.Of(model.Inputs));
        BigMatrix[] outputs = [.. Enumerable.Range(0, shape.Heads).Select(head => BigMatrix.Of(parameters[$"heads.{head}.output"]))];
        BigMatrix joint = BigMatrix.Beside(features);
        int rows = joint.Rows;

        // K = Σ_h (W_O^hᵀ W_O^h) ⊗ (B_h B_hᵀ), the kernel of (G.4) itself.
        BigMatrix[] ofOutputs = [.. outputs.Select(output => output.Transposed() * output)],
            ofFeatures = [.. features.Select(own => own * own.Transposed())];
        var kernel = BigMatrix.Fill(
            shape.OutputWidth * rows, shape.OutputWidth * rows, (i, j) => Enumerable.Range(0, shape.Heads).Aggregate(
            BigReal.Zero, (sum, head) => sum + (ofOutputs[head][i / rows, j / rows] * ofFeatures[head][i % rows, j % rows])));
        BigReal[] eigenvalues = kernel.Eigenvalues();
        (BigReal largest, BigReal smallest) = (eigenvalues[0], BigReal.Max(eigenvalues[^1], BigReal.Zero));

        draw.AtMost(joint.SingularValue(rows), joint.Norm(), OracleCase.Find(certificate, "σ_M(B)"), "σ_M(B)");
        draw.AtMost(
            features.Min(own => own.SingularValue(rows)), joint.Norm(), OracleCase.Find(certificate, "min_h σ_M(B_h)"), "min_h σ_M(B_h)");
        foreach (string symbol in new[] { "μ", "min_h σ_{D_out}(W_O^h)² σ_M(B)²", "σ_{D_out}(W_O)² min_h σ_M(B_h)²", "σ_min(J)²" })
        {
            draw.AtMost(smallest, largest, OracleCase.Find(certificate, symbol), symbol);
        }

        draw.AtLeast(largest, OracleCase.Find(certificate, "β"), "β");
        draw.AtLeast(largest, OracleCase.Find(certificate, "σ_max(J)²"), "σ_max(J)²");
        bool isRegular = smallest > largest * 1e-60;
        draw.CertifiedOnlyIf(isRegular, certificate);
        if (certificate.Guarantee is Guarantee guarantee)
        {
            draw.AtMost(1 / largest, 1 / largest, guarantee.StepSize, "the step");
            draw.AtMost(guarantee.StepSize * smallest * (2 - (guarantee.StepSize * smallest)), 1, guarantee.Rate, "the rate");
        }

        return isRegular;
    }

    private static Transformer Point(OracleCase draw, out ModelParameters parameters)
    {
        int samples = 1 + draw.Next(2), tokens = 2 + draw.Next(2), width = (samples * tokens) + draw.Next(2), heads = 1 + draw.Next(2);
        AttentionKernel kernel = draw.Next(3) switch
        {
            0 => AttentionKernel.Softmax,
            1 => AttentionKernel.Gaussian,
            _ => new AttentionKernel(AttentionKernelKind.Gaussian, NormalisesRows: true),
        };
        var shape = TransformerShape.KernelAttention(width, heads, kernel) with
        { KeyWidth = 1 + draw.Next(3), ValueWidth = 1 + draw.Next(3), OutputWidth = 1 + draw.Next(2) };
        parameters = new ModelParameters(shape.NewLayout());
        foreach (ref double x in parameters.Vector.AsSpan())
        {
            x = draw.Dyadic();
        }

        Matrix inputs = OracleCase.Filled(samples * tokens, width, draw.Dyadic);
        Spoil(draw, shape, tokens, inputs, parameters);
        return Transformer.OfArrays(shape, inputs, OracleCase.Filled(samples * tokens, shape.OutputWidth, draw.Gaussian), samples);
    }

    // One of the ways in which rows of B become dependent in exact arithmetic, or nearly so, and a common part for rounding to work on.
    private static void Spoil(OracleCase draw, TransformerShape shape, int tokens, Matrix inputs, ModelParameters parameters)
    {
        int kind = draw.Next(6);
        double common = draw.CommonPart();
        draw.Say(FormattableString.Invariant($"kind {kind}, common part {common:R}, {shape.Kernel.Kind} {shape.Kernel.NormalisesRows}"));
        Span<double> first = inputs.Row(0), second = inputs.Row(1);
        switch (kind)
        {
            case 0:
                return;
            case 1:
                // The second token is the first plus what every W_Q maps to 0: equal rows of S and of B.
                first.CopyTo(second);
                (second[0], second[1]) = (first[0] + 1, first[1] + 1);
                ForEachHead(shape, parameters, "query", query => query.Row(1).ForEach((j, _) => -query[0, j]));
                AddCommonKey(shape, inputs, parameters, common);
                return;
            case 2:
                first.CopyTo(second);
                return;
            case 3:
                // Dependent tokens: x_2 = 3 x_1, or with three tokens x_3 = x_1 + x_2.
                for (int j = 0; j < inputs.Columns; j++)
                {
                    inputs[tokens - 1, j] = tokens == 2 ? 3 * first[j] : first[j] + second[j];
                }

                AddCommonKey(shape, inputs, parameters, common);
                return;
            case 4:
                // Queries and keys far away together: nothing changes for a Gaussian in exact arithmetic.
                AddCommonKey(shape, inputs, parameters, common);
                ForEachHead(shape, parameters, "query", query => query.Row(inputs.Columns - 1).ForEach((_, x) => x + common));
                return;
            default:
                // Inputs with a common part: nearly dependent rows.
                foreach (ref double x in inputs.Span)
                {
                    x += common;
                }

                Vectors.Scale(parameters.Vector, common > 1e3 ? Math.ScaleB(1, -(int)Math.Log2(common)) : 1);
                return;
        }
    }

    // The last column of X is 1 and that row of W_K large: all keys of a sample are moved together.
    private static void AddCommonKey(TransformerShape shape, Matrix inputs, ModelParameters parameters, double common)
    {
        for (int row = 0; row < inputs.Rows; row++)
        {
            inputs[row, inputs.Columns - 1] = 1;
        }

        ForEachHead(shape, parameters, "key", key => key.Row(inputs.Columns - 1).ForEach((_, x) => x + common));
    }

    private static void ForEachHead(TransformerShape shape, ModelParameters parameters, string name, Action<Matrix> action)
    {
        for (int head = 0; head < shape.Heads; head++)
        {
            action(parameters[$"heads.{head}.{name}"]);
        }
    }
}
