using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>Turns the gradient of step k into θ_{k+1}.</summary>
/// <remarks>
/// Plain descent on the full batch proposes the part of θ_{k+1} that a matrix has as soon as its gradient is complete, on the thread that
/// completed it, with the norms in the same pass over memory; θ_k stays what it was. Everything else updates θ in place when the whole
/// gradient is there.
/// </remarks>
internal sealed class DescentUpdate
{
    private readonly DescentOptions _options;
    private readonly bool[] _isTrained;
    private readonly ModelParameters _gradient;
    private readonly UpdateNorms[] _norms;
    private readonly Action<int> _propose;
    private DescentState _state = null!;
    private ModelParameters _next = null!;
    private double _stepSize;

    // The path length at the iterate that the other buffer holds.
    private double _previousPathLength;

    public DescentUpdate(DescentOptions options, bool[] isTrained, ModelParameters gradient, bool isFullBatch)
    {
        (_options, _isTrained, _gradient) = (options, isTrained, gradient);
        IsProposed = isFullBatch && options is { GradientClip: null, WeightDecay: 0 }
            && (options.Method is PlainDescent { RoundsOnce: false } || options.StepSize is MonotoneStepSize);
        _norms = new UpdateNorms[isTrained.Length];
        _propose = Propose;
    }

    /// <summary>Whether θ_{k+1} is proposed beside θ_k instead of taking its place.</summary>
    public bool IsProposed { get; }

    /// <summary>Begins a step; what it returns is to be called with each matrix whose gradient is complete.</summary>
    public Action<int>? Begin(DescentState state, ModelParameters next, double stepSize)
    {
        (_state, _next, _stepSize) = (state, next, stepSize);
        return IsProposed ? _propose : null;
    }

    /// <summary>Gives a step its norms, when the gradient is complete.</summary>
    public void CollectNorms(DescentStep step)
    {
        if (!IsProposed)
        {
            step.TakeNorm();
            return;
        }

        step.BeginNorms();
        for (int k = 0; k < _isTrained.Length; k++)
        {
            if (_isTrained[k])
            {
                step.AddNorms(_gradient.Layout.Blocks[k].Kind, _norms[k]);
            }
        }

        step.EndNorms();
    }

    /// <summary>Proposes all of θ_{k+1} with another step size.</summary>
    public void ProposeAll(double stepSize)
    {
        _stepSize = stepSize;
        for (int index = 0; index < _isTrained.Length; index++)
        {
            Propose(index);
        }
    }

    /// <summary>Counts an accepted proposal.</summary>
    public void Accept(DescentState state, double length)
    {
        _previousPathLength = state.PathLength;
        state.PathLength += length;
    }

    /// <summary>Undoes <see cref="Accept"/>.</summary>
    public void TakeBack(DescentState state) => state.PathLength = _previousPathLength;

    /// <summary>Updates θ in place.</summary>
    /// <param name="state">Its parameters, moments and path length are updated.</param>
    /// <param name="before">Overwritten with θ_k.</param>
    /// <param name="step">Step size and norm of the gradient.</param>
    public void Apply(DescentState state, ModelParameters before, DescentStep step)
    {
        state.Parameters.Vector.CopyTo(before.Vector, 0);
        if (_options.GradientClip is double largest && step.GradientNorm > largest)
        {
            Vectors.Scale(_gradient.Vector, largest / step.GradientNorm);
        }

        if (_options.WeightDecay > 0)
        {
            Decay(state.Parameters, step.StepSize);
        }

        _options.Method.Update(state.Parameters.Vector, _gradient.Vector, state.Vectors, step.StepSize, state.Step);
        state.PathLength += Math.Sqrt(Vectors.SquaredDistance(state.Parameters.Vector, before.Vector));
    }

    private void Decay(ModelParameters parameters, double stepSize)
    {
        for (int k = 0; k < _isTrained.Length; k++)
        {
            if (!_isTrained[k])
            {
                continue;
            }

            ParameterBlock block = _gradient.Layout.Blocks[k];
            if (_options.Method.DecouplesWeightDecay)
            {
                Vectors.Scale(parameters[block].Span, 1 - (stepSize * _options.WeightDecay));
            }
            else
            {
                Vectors.AddScaled(_gradient[block].Span, _options.WeightDecay, parameters[block].Span);
            }
        }
    }

    private void Propose(int index)
    {
        if (_isTrained[index])
        {
            ParameterBlock block = _gradient.Layout.Blocks[index];
            _norms[index] = UpdateNorms.Propose(
                Part(_state.Parameters), Part(_gradient), Part(_state.InitialParameters), _stepSize, Part(_next));

            Span<double> Part(ModelParameters parameters) => parameters.Vector.AsSpan(block.Offset, block.Length);
        }
    }
}
