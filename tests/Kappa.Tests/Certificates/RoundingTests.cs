using Kappa.Certificates;
using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Oracle;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>No certificate where exact arithmetic excludes zero loss, whatever rounding makes
/// of the numbers, and none lost where only a common part is large (C.31–C.39).</summary>
public sealed class RoundingTests
{
    private const ParameterKind V = ParameterKind.Value, W1 = ParameterKind.FfnIn, W2 = ParameterKind.FfnOut;
    private const int PointsOfAKind = 250;

    private static readonly string[] OfModelR = ["path", "kernel-floor", "ball"];

    public static TheoryData<Degeneracy, int> Kinds() =>
        [.. from kind in Enum.GetValues<Degeneracy>() from depth in (int[])[1, 2] select (kind, depth)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_theorem_certifies_a_point_that_exact_arithmetic_makes_degenerate(Degeneracy kind, int depth)
    {
        for (int seed = 0; seed < PointsOfAKind; seed++)
        {
            var degenerate = new DegeneratePoint(kind, depth, seed);
            using var point = new ResidualTransformerPoint(
                degenerate.Inputs, degenerate.Samples, degenerate.Targets, degenerate.Weights, Trained(kind, depth, seed));
            foreach (string name in OfModelR)
            {
                Certificate certificate = Theorems.Find(name)!.Evaluate(point);
                Assert.True(
                    certificate.Outcome != CertificateOutcome.Guaranteed,
                    $"{kind}, depth {depth}, seed {seed}: {name} certifies. {certificate.Explanation}");
                Assert.False(string.IsNullOrWhiteSpace(certificate.Explanation));
                Assert.DoesNotContain("NaN", certificate.Explanation, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_theorem_certifies_a_degenerate_point_whose_matrices_are_scaled_by_powers_of_ten_from_40_to_160_up_or_down(
        Degeneracy kind, int depth)
    {
        // What makes a point degenerate is a null vector, a permutation or a rank: a factor of a matrix changes none of them.
        for (int seed = 0; seed < OracleCase.Count(PointsOfAKind) / 10; seed++)
        {
            var degenerate = new DegeneratePoint(kind, depth, seed);
            var random = new Random(seed);
            foreach (ParameterBlock block in degenerate.Weights.Layout.Blocks)
            {
                int exponent = random.Next(2) == 0 ? 0 : random.Next(133, 532) * ((2 * random.Next(2)) - 1);
                Vectors.Scale(degenerate.Weights[block].Span, Math.ScaleB(1, exponent));
            }

            using var point = new ResidualTransformerPoint(
                degenerate.Inputs, degenerate.Samples, degenerate.Targets, degenerate.Weights, Trained(kind, depth, seed));
            Assert.All(Theorems.OfResidualTransformer, theorem =>
            {
                Certificate certificate = theorem.Evaluate(point, new CertificateOptions { MeasuresShortfall = false });
                Assert.True(
                    certificate.Outcome != CertificateOutcome.Guaranteed,
                    $"{kind}, depth {depth}, seed {seed}: {theorem.Name} certifies. {certificate.Explanation}");
            });
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1e6)]
    [InlineData(1e12)]
    public void A_part_that_all_keys_have_in_common_costs_no_certificate(double common)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var shape = new ResidualTransformerShape { Width = 4, FfnWidth = 16, Temperature = 0.5, AttentionResidual = seed % 2 };
            ResidualTransformerWeights weights = new Kappa.Descent.Initialisation().Create(shape, seed);
            Matrix inputs = Matrix.Allocate(3, 4), targets = Matrix.Allocate(3, 4);
            new RandomSequence(seed, "inputs").FillGaussian(inputs.Span);
            new RandomSequence(seed, "targets").FillGaussian(targets.Span);
            for (int row = 0; row < 3; row++)
            {
                inputs[row, 3] = 1;
            }

            Vectors.Scale(weights.Block(0).Key.Row(3), common);
            using var point = new ResidualTransformerPoint(inputs, 1, targets, weights, TrainedSet.Of(W2));
            Assert.All(OfModelR, name => Assert.Equal(CertificateOutcome.Guaranteed, Theorems.Find(name)!.Evaluate(point).Outcome));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_matrix_of_the_evaluation_is_within_its_error_of_the_exact_one(Degeneracy kind, int depth)
    {
        for (int seed = 1000; seed < 1006; seed++)
        {
            var degenerate = new DegeneratePoint(kind, depth, seed);
            if (degenerate.Shape.Activation.Kind == ActivationKind.Gelu)
            {
                continue;
            }

            using var point = new ResidualTransformerPoint(
                degenerate.Inputs, degenerate.Samples, degenerate.Targets, degenerate.Weights, TrainedSet.All);
            var forward = new PreciseForward(point);
            ExactForward exact = ExactForward.Of(degenerate);
            for (int layer = 0; layer < depth; layer++)
            {
                PreciseLayer computed = forward.Layers[layer];
                ExactLayer expected = exact.Layers[layer];
                AssertWithin(computed.Attention, expected.Attention, "A");
                AssertWithin(computed.Mixed, expected.Mixed, "G");
                AssertWithin(computed.AttentionOutput, expected.AttentionOutput, "H");
                AssertWithin(computed.Hidden, expected.Hidden, "Φ");
                AssertWithin(computed.HiddenDerivative, expected.HiddenDerivative, "ψ'");
                AssertWithin(computed.Output, expected.Output, "Z⁺");
            }

            Assert.InRange(exact.ResidualNorm(degenerate.Targets), 0, forward.ResidualNorm.Value);
        }
    }

    [Fact]
    public void The_error_bounds_are_small_where_nothing_is_extreme()
    {
        var degenerate = new DegeneratePoint(Degeneracy.SamplesArePermuted, 1, seed: 0);
        ResidualTransformerWeights weights = new Kappa.Descent.Initialisation().Create(degenerate.Shape, seed: 1);
        Matrix inputs = Matrix.Allocate(degenerate.Inputs.Rows, degenerate.Inputs.Columns);
        new RandomSequence(1, "inputs").FillGaussian(inputs.Span);
        using var point = new ResidualTransformerPoint(inputs, degenerate.Samples, degenerate.Targets, weights, TrainedSet.All);
        Assert.All(new PreciseForward(point).Last.Hidden.RowError, error => Assert.InRange(error.Value, 0, 1e-22));
    }

    // Where all rows of H are one function, or Φ has too few dimensions, for every one of these blocks.
    private static TrainedSet Trained(Degeneracy kind, int depth, int seed) => kind switch
    {
        Degeneracy.SamplesArePermuted => seed % 3 == 0 ? TrainedSet.All : seed % 3 == 1 ? TrainedSet.Of(W1, W2) : TrainedSet.Of(W2),
        Degeneracy.FeaturesAreLinear => TrainedSet.Of(W2),
        _ when depth == 2 => TrainedSet.OfNames(["blocks.1.ffn_out"]),
        Degeneracy.ValuesCancel => TrainedSet.Of(W1, W2),
        _ => seed % 3 == 0 ? TrainedSet.Of(W2) : seed % 3 == 1 ? TrainedSet.Of(W1, W2) : TrainedSet.Of(V, W1, W2),
    };

    private static void AssertWithin(PreciseMatrix computed, ExactFraction[,] exact, string name)
    {
        for (int row = 0; row < computed.Rows; row++)
        {
            ExactFraction squares = default;
            for (int column = 0; column < computed.Columns; column++)
            {
                ExactFraction difference = ExactFraction.Of(computed.High[row, column])
                    + ExactFraction.Of(computed.Low[row, column]) - exact[row, column];
                squares += difference * difference;
            }

            double error = ExactFraction.Sqrt(squares).ToDouble();
            Assert.True(error <= computed.RowError[row].Value, $"{name}, row {row}: {error} > {computed.RowError[row]}");
        }
    }
}
