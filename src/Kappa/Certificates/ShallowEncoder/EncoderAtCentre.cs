using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.ShallowEncoder;

/// <summary>What the theorems about model S need of a point: sizes of the data
/// and weights, F_pre's ends of the spectrum, and which matrices move.</summary>
internal sealed class EncoderAtCentre
{
    private static readonly string[] Names = ["readout", "value", "query", "key"];

    /// <summary>Computes it.</summary>
    public EncoderAtCentre(TransformerPoint point)
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

    /// <summary>Radii as bounds.</summary>
    public static UpperBound[] Exact(double[] radii) => Array.ConvertAll(radii, radius => (UpperBound)radius);

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
