using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>The neural tangent kernel of model S for d_m → ∞ with τ₀ = d_m⁻¹, NTK
/// initialisation and sum pooling (S.7), by the arc-cosine closed forms.</summary>
/// <remarks>
/// Theory: shallow encoder, S.7. Attention is uniform in the limit, so only the token means x̄_n count: K_nm = d_s²
/// E[ReLU(w·x̄_n)ReLU(w·x̄_m)] + d_s² ⟨x̄_n, x̄_m⟩ E[1 1], w ~ N(0, I). Mean pooling drops d_s². Samples whose token mean is zero have a
/// kernel of exactly 0.
/// </remarks>
public sealed class ShallowEncoderLimit
{
    private ShallowEncoderLimit(Matrix readoutKernel, Matrix valueKernel)
    {
        (ReadoutKernel, ValueKernel) = (readoutKernel, valueKernel);
        Kernel = Matrix.Allocate(readoutKernel.Rows, readoutKernel.Rows);
        readoutKernel.CopyTo(Kernel);
        Vectors.AddScaled(Kernel.Span, 1, valueKernel.Span);
        Eigenvalues = new double[Kernel.Rows];

        // Symmetric and positive semidefinite: its singular values are its eigenvalues.
        new SingularValues(Kernel.Rows, Kernel.Rows).Compute(Kernel, Eigenvalues);
    }

    /// <summary>K [N, N].</summary>
    public Matrix Kernel { get; }

    /// <summary>The first term, from w_O [N, N]; with LeCun initialisation and sum pooling K/d_m tends to this divided by d.</summary>
    public Matrix ReadoutKernel { get; }

    /// <summary>The second term, from W_V [N, N].</summary>
    public Matrix ValueKernel { get; }

    /// <summary>λ(K) [N], largest first.</summary>
    public double[] Eigenvalues { get; }

    /// <summary>The kernel of some samples.</summary>
    /// <param name="inputs">X [N·d_s, d], samples stacked.</param>
    /// <param name="samples">N.</param>
    /// <param name="pooling">How tokens are pooled.</param>
    /// <exception cref="ArgumentException">The rows do not divide by N.</exception>
    public static ShallowEncoderLimit Of(Matrix inputs, int samples, TokenPooling pooling)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        if (inputs.Rows == 0 || inputs.Rows % samples != 0)
        {
            throw new ArgumentException($"X must have N·d_s rows with N = {samples} but is {inputs}.", nameof(inputs));
        }

        int tokens = inputs.Rows / samples;
        double factor = pooling == TokenPooling.Sum ? (double)tokens * tokens : 1;
        Matrix means = TokenMeans(inputs, tokens), readout = Matrix.Allocate(samples, samples), value = Matrix.Allocate(samples, samples);
        for (int n = 0; n < samples; n++)
        {
            for (int m = 0; m < samples; m++)
            {
                (double product, double indicator) = Expectations(means.Row(n), means.Row(m));
                readout[n, m] = factor * product;
                value[n, m] = factor * Vectors.Dot(means.Row(n), means.Row(m)) * indicator;
            }
        }

        return new ShallowEncoderLimit(readout, value);
    }

    // (S.7) E[ReLU(w·a)ReLU(w·b)] = |a||b|(sin θ + (π−θ)cos θ)/2π and
    // E[1(w·a>0)1(w·b>0)] = (π−θ)/2π; θ from both sine and cosine, exact near 0 and π.
    private static (double Product, double Indicator) Expectations(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double lengths = Vectors.Norm(a) * Vectors.Norm(b);
        if (lengths == 0)
        {
            return (0, 0);
        }

        double[] scaledA = a.ToArray(), scaledB = b.ToArray();
        Vectors.Scale(scaledA, 1 / Vectors.Norm(a));
        Vectors.Scale(scaledB, 1 / Vectors.Norm(b));
        double difference = Math.Sqrt(Vectors.SquaredDistance(scaledA, scaledB));
        Vectors.Scale(scaledB, -1);
        double theta = 2 * Math.Atan2(difference, Math.Sqrt(Vectors.SquaredDistance(scaledA, scaledB)));
        (double sine, double cosine) = Math.SinCos(theta);
        return (lengths * (sine + ((Math.PI - theta) * cosine)) / (2 * Math.PI), (Math.PI - theta) / (2 * Math.PI));
    }

    // In double-double, or what the tokens have in common would leave its rounding in a mean near 0.
    private static Matrix TokenMeans(in Matrix inputs, int tokens)
    {
        Matrix means = Matrix.Allocate(inputs.Rows / tokens, inputs.Columns);
        for (int sample = 0; sample < means.Rows; sample++)
        {
            for (int column = 0; column < means.Columns; column++)
            {
                DoubleDouble sum = 0;
                for (int token = 0; token < tokens; token++)
                {
                    sum += inputs[(sample * tokens) + token, column];
                }

                means[sample, column] = (sum / tokens).High;
            }
        }

        return means;
    }
}
