using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Selftest;

/// <summary>Results that are known on paper.</summary>
internal static class ClosedFormChecks
{
    private const string Group = "closed forms";
    private const double Epsilon = 2.220446049250313e-16;

    public static IEnumerable<SelftestCheck> Run()
    {
        yield return SecondDifferenceMatrix();
        yield return UniformAttention();
        yield return IdentityPlusUniform();
        yield return OneTokenContraction();
        yield return Gelu();
        yield return GeometricCurve();
    }

    // The matrix with 2 on the diagonal and −1 beside it has the singular values 2 − 2 cos(kπ/(n+1)); rounding is a few ε σ_max.
    private static SelftestCheck SecondDifferenceMatrix()
    {
        const int Size = 48;
        Matrix matrix = Matrix.Allocate(Size, Size);
        double[] expected = new double[Size];
        for (int k = 0; k < Size; k++)
        {
            matrix[k, k] = 2;
            if (k + 1 < Size)
            {
                (matrix[k, k + 1], matrix[k + 1, k]) = (-1, -1);
            }

            expected[k] = 2 - (2 * Math.Cos((Size - k) * Math.PI / (Size + 1)));
        }

        return new SelftestCheck(
            Group, "singular values of the second-difference matrix, 48 × 48", Deviation.ToLargest(Singular(matrix), expected),
            20 * Epsilon, "σ_max");
    }

    // Zero queries make all logits equal: A = 11ᵀ/n.
    private static SelftestCheck UniformAttention()
    {
        const int Tokens = 5;
        var shape = new ResidualTransformerShape { Depth = 1, Width = 3, FfnWidth = 4 };
        using var model = ResidualTransformer.WithoutTargets(shape, Gaussian("uniform", Tokens, 3), samples: 1);
        model.Forward(new Initialisation { QueryGain = 0 }.Create(shape, seed: 0));
        double error = model.Layer(0).Attention.Span.ToArray().Max(a => Math.Abs((a * Tokens) - 1));
        return new SelftestCheck(Group, "attention with zero queries is uniform (P.6)", error, 4 * Epsilon, "relative");
    }

    // P.6: I + 11ᵀ/n has the singular values 2, 1, …, 1.
    private static SelftestCheck IdentityPlusUniform()
    {
        const int Tokens = 8;
        Matrix matrix = Matrix.Allocate(Tokens, Tokens);
        matrix.Fill(1.0 / Tokens);
        for (int k = 0; k < Tokens; k++)
        {
            matrix[k, k] += 1;
        }

        return new SelftestCheck(
            Group, "spectrum of I + 11ᵀ/n is (2, 1, …, 1) (P.6)",
            Deviation.ToLargest(Singular(matrix), [2, .. Enumerable.Repeat(1.0, Tokens - 1)]), 10 * Epsilon, "σ_max");
    }

    // One token, W_2 trained alone: K = ‖φ‖² I, so every step multiplies the loss by (1 − η‖φ‖²)² exactly.
    private static SelftestCheck OneTokenContraction()
    {
        const int Steps = 12;
        var shape = new ResidualTransformerShape { Depth = 1, Width = 4, FfnWidth = 6 };
        using var model = new ResidualTransformer(shape, Gaussian("one token", 1, 4), Gaussian("one target", 1, 4), samples: 1);
        var options = new DescentOptions
        { StepSize = StepSizeRule.Automatic(0.5), Trained = TrainedSet.Of(ParameterKind.FfnOut), MaximumSteps = Steps };
        var descent = new GradientDescent(model, options);
        var losses = new List<double>();
        _ = descent.Run(descent.Start(new Initialisation().Create(shape, seed: 0)), step => losses.Add(step.Loss));

        // η = 0.5/λ_max and λ_max = ‖φ‖²: the factor is ¼.
        double error = losses.Select((loss, k) => Math.Abs((loss / losses[0] * Math.Pow(4, k)) - 1)).Max();
        return new SelftestCheck(Group, "one token, W_2 alone: the loss falls by ¼ a step", error, 1e-10, "relative");
    }

    private static SelftestCheck Gelu() =>
        new(
            Group, "GELU(1) = Φ(1)", Deviation.Relative(new Activation(ActivationKind.Gelu).Value(1), 0.84134474606854293), 4 * Epsilon,
            "relative");

    private static SelftestCheck GeometricCurve()
    {
        const double Rate = 0.03;
        double[] losses = [.. Enumerable.Range(0, 400).Select(k => 5 * Math.Pow(1 - Rate, k))];
        return new SelftestCheck(
            Group, "fitted rate of an exact geometric curve", Deviation.Relative(RateFit.Of(losses).Rate, Rate), 1e-11, "relative");
    }

    private static double[] Singular(in Matrix matrix)
    {
        double[] values = new double[Math.Min(matrix.Rows, matrix.Columns)];
        new SingularValues(matrix.Rows, matrix.Columns).Compute(matrix, values);
        return values;
    }

    private static Matrix Gaussian(string name, int rows, int columns)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(0, $"selftest.{name}").FillGaussian(matrix.Span);
        return matrix;
    }
}
