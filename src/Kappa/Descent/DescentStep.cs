using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>What an observer sees of step k: everything at θ_k, before the update.</summary>
/// <remarks>
/// One object for the whole run: read it during the call and keep nothing of it. Norms are Euclidean, over the trained parameters. What no
/// observer asks for is not computed, unless it costs nothing.
/// </remarks>
public sealed class DescentStep
{
    private readonly double[] _squaredGradientNorms = new double[Enum.GetValues<ParameterKind>().Length];
    private readonly double[] _squaredMovements = new double[Enum.GetValues<ParameterKind>().Length];
    private readonly bool[] _isTrained;
    private readonly ParameterKind[] _kinds;
    private double _weightNorm;
    private double _distance;
    private bool _hasKinds;
    private bool _hasMovements;
    private bool _isFused;

    internal DescentStep(IModel model, ModelParameters gradient, bool[] isTrained)
    {
        (Model, Gradient, _isTrained) = (model, gradient, isTrained);
        _kinds = [.. gradient.Layout.Blocks.Where((_, k) => isTrained[k]).Select(block => block.Kind).Distinct()];
    }

    /// <summary>The model; the observer may use it.</summary>
    public IModel Model { get; }

    /// <summary>The state before the update, θ_k in it: what a checkpoint at this step stores.</summary>
    public DescentState State { get; internal set; } = null!;

    /// <summary>k.</summary>
    public long Step => State.Step;

    /// <summary>θ_k.</summary>
    public ModelParameters Parameters => State.Parameters;

    /// <summary>∇ℒ(θ_k) of the batch, zero in untrained matrices.</summary>
    public ModelParameters Gradient { get; }

    /// <summary>ℒ(θ_k) of the batch.</summary>
    public double Loss { get; internal set; }

    /// <summary>η of the update to come; under the monotone rule the one tried first.</summary>
    public double StepSize { get; internal set; }

    /// <summary>‖∇ℒ‖.</summary>
    public double GradientNorm { get; private set; }

    /// <summary>‖θ_k‖.</summary>
    public double WeightNorm
    {
        get
        {
            ComputeMovements();
            return _weightNorm;
        }
    }

    /// <summary>‖θ_k − θ_0‖.</summary>
    public double Distance
    {
        get
        {
            ComputeMovements();
            return _distance;
        }
    }

    /// <summary>Σ_{j &lt; k} ‖θ_{j+1} − θ_j‖.</summary>
    public double PathLength => State.PathLength;

    /// <summary>‖η∇ℒ‖/‖θ_k‖; infinite at θ_k = 0.</summary>
    public double StepRatio => StepSize * GradientNorm / WeightNorm;

    /// <summary>‖∇ℒ‖²/(2ℒ) (P.4); NaN at ℒ = 0, and where the loss is no squared error, for then its infimum is not 0.</summary>
    public double PlRatio => double.IsNaN(Model.SquaredErrorFactor) ? double.NaN
        : _isFused ? GradientNorm * GradientNorm / (2 * Loss)
        : GradientNorm / (2 * Loss) * GradientNorm;

    /// <summary>The norm of the gradient in all matrices of one kind.</summary>
    /// <param name="kind">The kind.</param>
    public double GradientNormOf(ParameterKind kind)
    {
        ComputeKinds();
        return Math.Sqrt(_squaredGradientNorms[(int)kind]);
    }

    /// <summary>‖θ_k − θ_0‖ in all trained matrices of one kind.</summary>
    /// <param name="kind">The kind.</param>
    public double DistanceOf(ParameterKind kind)
    {
        ComputeMovements();
        if (_isFused)
        {
            AddMovements();
        }

        return Math.Sqrt(_squaredMovements[(int)kind]);
    }

    /// <summary>Begins the step whose norms come with the update.</summary>
    internal void BeginNorms()
    {
        Array.Clear(_squaredGradientNorms);
        (_weightNorm, _distance, _hasKinds, _hasMovements, _isFused) = (0, 0, true, true, true);
    }

    internal void AddNorms(ParameterKind kind, in UpdateNorms norms)
    {
        _squaredGradientNorms[(int)kind] += norms.Gradient;
        _weightNorm += norms.Weights;
        _distance += norms.Distance;
    }

    internal void EndNorms()
    {
        double sum = 0;
        foreach (double square in _squaredGradientNorms)
        {
            sum += square;
        }

        GradientNorm = Math.Sqrt(sum);
        _weightNorm = Math.Sqrt(_weightNorm);
        _distance = Math.Sqrt(_distance);
    }

    /// <summary>Takes the norm of the gradient; the others are computed when they are asked for.</summary>
    internal void TakeNorm()
    {
        (_hasKinds, _hasMovements, _isFused) = (false, false, false);
        GradientNorm = Vectors.Norm(Gradient.Vector);
    }

    private void ComputeKinds()
    {
        if (_hasKinds)
        {
            return;
        }

        Array.Clear(_squaredGradientNorms);
        for (int k = 0; k < _isTrained.Length; k++)
        {
            ParameterBlock block = Gradient.Layout.Blocks[k];
            _squaredGradientNorms[(int)block.Kind] += Vectors.SquaredNorm(Gradient[block].Span);
        }

        _hasKinds = true;
    }

    private void ComputeMovements()
    {
        if (_hasMovements)
        {
            return;
        }

        AddMovements();
        double squares = 0, distance = 0;
        for (int k = 0; k < _isTrained.Length; k++)
        {
            squares += _isTrained[k] ? Vectors.SquaredNorm(Parameters[Gradient.Layout.Blocks[k]].Span) : 0;
        }

        foreach (ParameterKind kind in _kinds)
        {
            distance += _squaredMovements[(int)kind];
        }

        (_weightNorm, _distance, _hasMovements) = (Math.Sqrt(squares), Math.Sqrt(distance), true);
    }

    private void AddMovements()
    {
        Array.Clear(_squaredMovements);
        for (int k = 0; k < _isTrained.Length; k++)
        {
            if (_isTrained[k])
            {
                ParameterBlock block = Gradient.Layout.Blocks[k];
                _squaredMovements[(int)block.Kind] += Vectors.SquaredDistance(Parameters[block].Span, State.InitialParameters[block].Span);
            }
        }
    }
}
