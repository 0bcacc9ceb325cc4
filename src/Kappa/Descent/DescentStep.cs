using Kappa.Models;

namespace Kappa.Descent;

/// <summary>What an observer sees of step k: everything at θ_k, before the update.</summary>
/// <remarks>One object for the whole run: read it during the call and keep nothing of it. Norms are Euclidean, over the trained parameters.</remarks>
public sealed class DescentStep
{
    private readonly double[] _squaredGradientNorms = new double[Enum.GetValues<ParameterKind>().Length];

    internal DescentStep(ResidualTransformer model, ResidualTransformerWeights gradient, Matrix residual)
    {
        Model = model;
        Gradient = gradient;
        Residual = residual;
    }

    /// <summary>The evaluator, its last forward pass at θ_k.</summary>
    public ResidualTransformer Model { get; }

    /// <summary>The state before the update, θ_k in it: what a checkpoint at this step stores.</summary>
    public DescentState State { get; internal set; } = null!;

    /// <summary>k.</summary>
    public long Step => State.Step;

    /// <summary>θ_k.</summary>
    public ResidualTransformerWeights Weights => State.Weights;

    /// <summary>∇ℒ(θ_k), zero in untrained matrices.</summary>
    public ResidualTransformerWeights Gradient { get; }

    /// <summary>E = F − Y [M, d_out].</summary>
    public Matrix Residual { get; }

    /// <summary>ℒ(θ_k) (R.4).</summary>
    public double Loss { get; internal set; }

    /// <summary>η of the update to come; under the monotone rule the one tried first.</summary>
    public double StepSize => State.StepSize;

    /// <summary>‖∇ℒ‖.</summary>
    public double GradientNorm { get; private set; }

    /// <summary>‖θ_k‖.</summary>
    public double WeightNorm { get; private set; }

    /// <summary>‖θ_k − θ_0‖.</summary>
    public double Distance { get; private set; }

    /// <summary>Σ_{j &lt; k} ‖θ_{j+1} − θ_j‖.</summary>
    public double PathLength => State.PathLength;

    /// <summary>‖η∇ℒ‖/‖θ_k‖; infinite at θ_k = 0.</summary>
    public double StepRatio => StepSize * GradientNorm / WeightNorm;

    /// <summary>‖∇ℒ‖²/(2ℒ) (P.4); NaN at ℒ = 0.</summary>
    public double PlRatio => GradientNorm * GradientNorm / (2 * Loss);

    /// <summary>The norm of the gradient in all matrices of one kind.</summary>
    /// <param name="kind">The kind.</param>
    public double GradientNormOf(ParameterKind kind) => Math.Sqrt(_squaredGradientNorms[(int)kind]);

    internal void BeginNorms()
    {
        Array.Clear(_squaredGradientNorms);
        WeightNorm = 0;
        Distance = 0;
    }

    internal void AddNorms(ParameterKind kind, in UpdateNorms norms)
    {
        _squaredGradientNorms[(int)kind] += norms.Gradient;
        WeightNorm += norms.Weights;
        Distance += norms.Distance;
    }

    internal void EndNorms()
    {
        double sum = 0;
        foreach (double square in _squaredGradientNorms)
        {
            sum += square;
        }

        GradientNorm = Math.Sqrt(sum);
        WeightNorm = Math.Sqrt(WeightNorm);
        Distance = Math.Sqrt(Distance);
    }
}
