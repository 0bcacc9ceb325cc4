using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>What the theorems about model S need of a point: sizes of the data
/// and weights, F_pre's ends of the spectrum, and which matrices move.</summary>
internal sealed class EncoderPoint
{
    private static readonly string[] Names = ["readout", "value", "query", "key"];

    /// <summary>Computes it.</summary>
    public EncoderPoint(TransformerPoint point)
    {
        Transformer model = point.Model;
        Samples = model.Samples;
        var precise = new PreciseEncoderFeatures(point);
        var features = EnclosedMatrix.Of(precise.Features);
        var norms = new SpectralNorm();
        (SmallestFeature, LargestFeature) = (features.RowFloor(), features.Largest(norms));
        Norms = [.. Names.Select(name => norms.Of(point.Parameters[name]))];
        Moves = [.. Names.Select(point.Trains)];
        Blocks = [.. Names.Select(model.Layout.Find)];

        // The mean over samples is the sum with a step N times as long; the mean over tokens is the sum with τ₁/d_s.
        LossFactor = model.Shape.Reduction == LossReduction.Mean ? Samples : 1;
        ResidualNorm = precise.ResidualNorm;
        OutputScale = (UpperBound)model.Shape.OutputScale * UpperBound.OfComputed(model.Shape.PoolingFactor(model.Tokens));
        LogitScale = (UpperBound)model.Shape.LogitScale;
        Tokens = model.Tokens;
        Inputs = [.. Enumerable.Range(0, Samples).Select(sample => model.Inputs.RowRange(sample * Tokens, Tokens))];
    }

    /// <summary>N.</summary>
    public int Samples { get; }

    /// <summary>d_s.</summary>
    public int Tokens { get; }

    /// <summary>X_n.</summary>
    public Matrix[] Inputs { get; }

    /// <summary>At least ‖F_pre⁰‖₂.</summary>
    public UpperBound LargestFeature { get; }

    /// <summary>At most α = σ_N(F_pre⁰); 0 where nothing can be shown.</summary>
    public LowerBound SmallestFeature { get; }

    /// <summary>‖w_O⁰‖, ‖W_V⁰‖₂, ‖W_Q⁰‖₂, ‖W_K⁰‖₂.</summary>
    public UpperBound[] Norms { get; }

    /// <summary>Which of them are trained.</summary>
    public bool[] Moves { get; }

    /// <summary>Their blocks.</summary>
    public ParameterBlock[] Blocks { get; }

    /// <summary>√(2ℓ_0) of the summed loss.</summary>
    public UpperBound ResidualNorm { get; }

    /// <summary>N for the mean of the losses, 1 for their sum: what a step of the summed loss is multiplied by.</summary>
    public int LossFactor { get; }

    /// <summary>|τ₁|, divided by d_s where tokens are averaged.</summary>
    public UpperBound OutputScale { get; }

    /// <summary>|τ₀|.</summary>
    public UpperBound LogitScale { get; }

    /// <summary>Why no theorem of model S is about this point.</summary>
    public static string? WhyNotApplicable(TransformerPoint point)
    {
        if (!point.Trains("readout"))
        {
            return "w_O must be trained, for the bound rests on its gradient; train readout.";
        }

        TransformerShape shape = point.Model.Shape;
        return shape.ValueWidth < point.Model.Samples
            ? $"The width d_m must be at least N = {point.Model.Samples} for σ_N(F_pre) > 0 but is {shape.ValueWidth}; widen the model "
                + $"or use fewer samples."
            : null;
    }
}

/// <summary>Radii of the balls ‖W_S − W_S⁰‖ ≤ C_S in the order w_O, W_V, W_Q,
/// W_K, found as the least fixed point of a monotone map (S.5).</summary>
internal static class EncoderRadii
{
    /// <summary>T is evaluated no more often than this.</summary>
    public const int MaximumIterations = 20_000;

    /// <summary>The least C ≥ 0 with T(C) ≤ C to a relative 1e-6, or <c>null</c> when
    /// the iteration from 0 grows without end or T is infinite somewhere.</summary>
    /// <param name="count">How many radii there are.</param>
    /// <param name="map">T, monotone in every radius; <c>null</c> where it is not defined.</param>
    public static double[]? Least(int count, Func<UpperBound[], UpperBound[]?> map)
    {
        double[] radii = new double[count];
        for (int iteration = 0; iteration < MaximumIterations; iteration++)
        {
            UpperBound[]? next = map([.. radii.Select(radius => (UpperBound)radius)]);
            if (next is null || !Array.TrueForAll(next, bound => bound.IsFinite) || !Array.TrueForAll(radii, double.IsFinite))
            {
                return null;
            }

            if (Enumerable.Range(0, count).All(k => next[k].Value <= radii[k]))
            {
                return radii;
            }

            // From below, a little above the map so that it ends.
            radii = [.. next.Select((radius, k) => Math.Max(radii[k], (1 + 1e-6) * radius.Value))];
        }

        return null;
    }

    /// <summary>The largest factor f ≤ 1 of √(2ℓ_0) for which <paramref name="holds"/>, by
    /// bisection of its logarithm to a relative 1e-4; 0 when none is found down to 1e-30.</summary>
    public static double LargestFactor(Func<double, bool> holds)
    {
        if (holds(1))
        {
            return 1;
        }

        double low = Math.Log(1e-30), high = 0;
        if (!holds(Math.Exp(low)))
        {
            return 0;
        }

        while (high - low > 1e-4)
        {
            double middle = (low + high) / 2;
            (low, high) = holds(Math.Exp(middle)) ? (middle, high) : (low, middle);
        }

        return Math.Exp(low);
    }
}
