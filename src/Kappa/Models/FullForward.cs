using System.Runtime.InteropServices;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The full pass of one model, made when it is first used, and the parameters that its matrices belong to.</summary>
internal sealed class FullForward(ResidualTransformerShape shape, Matrix inputs, int samples, LogitRoute route, WorkerTeam team)
{
    private FullPass? _pass;
    private ResolvedTrainedSet? _moving;
    private double[] _at = [];
    private bool _isMade;

    /// <summary>The pass at the parameters of the last <see cref="At"/>.</summary>
    /// <exception cref="InvalidOperationException">There was none since the data were taken.</exception>
    public FullPass Last =>
        _isMade
            ? _pass!
            : throw new InvalidOperationException("The model must have been taken forward before what it computed is looked at.");

    /// <summary>Takes what the memory of the inputs holds now.</summary>
    public void TakeInputs()
    {
        _pass?.TakeInputs();
        _isMade = false;
    }

    /// <summary>The pass at some weights: made again when they are not, bit for bit, those that it was made at.</summary>
    public FullPass At(ResidualTransformerWeights weights)
    {
        _pass ??= new FullPass(shape, inputs, samples, route, team);
        if (!_isMade || !MemoryMarshal.AsBytes(weights.Vector.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(_at.AsSpan())))
        {
            _isMade = false;
            _pass.Forward(weights);
            _at = _at.Length == 0 ? new double[weights.Vector.Length] : _at;
            weights.Vector.CopyTo(_at, 0);
            _isMade = true;
        }

        return _pass;
    }

    /// <summary>J v; nothing is computed for matrices in which v is zero.</summary>
    public void Tangent(ResidualTransformerWeights weights, ResidualTransformerWeights direction, in Matrix tangent)
    {
        if (MovingIn(direction) is { } moving)
        {
            At(weights).Tangent(weights, direction, tangent, moving);
        }
        else
        {
            tangent.Fill(0);
        }
    }

    // The matrices in which a direction is not zero; null when it is zero in all.
    private ResolvedTrainedSet? MovingIn(ResidualTransformerWeights direction)
    {
        IReadOnlyList<ParameterBlock> blocks = direction.Layout.Blocks;
        bool isSame = _moving is not null, isAny = false;
        for (int k = 0; k < blocks.Count; k++)
        {
            bool moves = direction[blocks[k]].Span.ContainsAnyExcept(0.0);
            isAny |= moves;
            isSame = isSame && _moving!.IsTrained[k] == moves;
        }

        if (isAny && !isSame)
        {
            _moving = Resolve(direction);
        }

        return isAny ? _moving : null;
    }

    private ResolvedTrainedSet Resolve(ResidualTransformerWeights direction) =>
        new([.. direction.Layout.Blocks.Select(block => direction[block].Span.ContainsAnyExcept(0.0))], shape.Depth);
}
