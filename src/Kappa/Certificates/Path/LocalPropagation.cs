using Kappa.Certificates.Ball;
using Kappa.Certificates.Enclosures;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>Carries the local bounds of a ball of weights through model R, block after block (C.15, C.17).</summary>
/// <remarks>Everything that depends on θ_0 alone is computed once, in the constructor. Not thread-safe.</remarks>
internal sealed class LocalPropagation
{
    private readonly ResidualTransformerShape _shape;
    private readonly LayerAtCentre[] _layers;
    private readonly JacobianNormsAtCentre[] _jacobians;
    private readonly bool[] _isTrained;
    private readonly SpectralNorm _norms = new();

    /// <summary>Prepares the bounds around a point that has been evaluated.</summary>
    /// <param name="point">A model without readout and with a smooth activation.</param>
    /// <param name="forward">Its evaluation.</param>
    /// <param name="wantsFloor">Whether <see cref="StartFloor"/> is wanted, which costs the Gram matrix of J whatever its size.</param>
    public LocalPropagation(ResidualTransformerPoint point, PreciseForward forward, bool wantsFloor)
    {
        _shape = point.Shape;
        _layers = new LayerAtCentre[_shape.Depth];
        bool keepsStacks = wantsFloor || _shape.Depth > 1;
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer] = new LayerAtCentre(
                _shape, point.Weights.Block(layer), forward.Layers[layer], point.Model.Samples, _norms, keepsStacks);
        }

        _isTrained = [.. point.IsTrained];
        _jacobians = JacobianNormsAtCentre.Of(_shape, _layers, _isTrained, _norms, wantsFloor);
    }

    /// <summary>B = 5L.</summary>
    public int Blocks => BlockIndices.CountOf(_shape.Depth);

    /// <summary>σ_max(J) at θ_0 where it is affordable; infinite otherwise.</summary>
    public UpperBound StartJoint => _jacobians[^1].JointOutput;

    /// <summary>σ_min(J) at θ_0 at least; 0 where it was not asked for or cannot be told from 0.</summary>
    public LowerBound StartFloor => _jacobians[^1].JointFloor;

    /// <summary>How many balls were bounded: what a search costs.</summary>
    public int Evaluations { get; private set; }

    /// <summary>The bounds of the output F and of the last block's features Φ on a ball.</summary>
    /// <param name="ball">A ball of B radii.</param>
    public BallBounds On(ParameterBall ball)
    {
        Evaluations++;
        LocalBound input = new LocalBound(_layers[0].Input, Blocks).Close(ball, _layers[0].InputNorm);
        BallBounds bounds = default;
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            bounds = Through(layer, ball, input);
            input = bounds.Output;
        }

        return bounds;
    }

    private BallBounds Through(int layer, ParameterBall ball, LocalBound previous)
    {
        LayerAtCentre centre = _layers[layer];
        var at = new BlockIndices(layer, Blocks);
        LocalBound input = previous.AsBlockInput(layer > 0);
        var attention = new LocalAttentionBounds(centre, ball, at, input, (UpperBound)_shape.LogitScale, _norms);
        attention.BoundOutput((UpperBound)_shape.AttentionResidual);
        DepthComposition? composition = layer > 0 ? new DepthComposition(ball, at, previous) : null;
        composition?.LimitAttention(attention.Output, _jacobians[layer].AttentionTransfer);
        _ = attention.Output.Close(ball, centre.AttentionOutputNorm);

        var feedForward = new LocalFeedForwardBounds(centre, ball, at, attention.Output, _shape, _norms);
        feedForward.CloseHidden(attention);
        feedForward.BoundOutput(attention);
        LocalBound output = feedForward.Output;
        composition?.Compose(output, _jacobians[layer].Transfer, attention.Output);
        output.DropBlockInput();
        attention.Output.DropBlockInput();
        UpperBound growth = UpperBound.Max([.. feedForward.FfnIn.Zip(centre.Rows.FfnIn, (bound, atCentre) => bound.Excess(atCentre))]);
        LimitByCentre(_jacobians[layer], ball, at, attention.Output, feedForward, growth);
        feedForward.Hidden.DropBlockInput();
        for (int b = 0; b < Blocks; b++)
        {
            output.LimitRows(b);
        }

        UpperBound joint = JointHidden(_jacobians[layer].JointHidden, ball, at, attention.Output, feedForward, growth);
        return new BallBounds(output.Close(ball, centre.OutputNorm), feedForward.Hidden, joint);
    }

    // (C.17)  the norm at the centre plus what the second derivatives allow on the ball
    private static void LimitByCentre(
        JacobianNormsAtCentre centre, ParameterBall ball, BlockIndices at, LocalBound attentionOutput, LocalFeedForwardBounds feedForward,
        UpperBound growth)
    {
        LocalBound output = feedForward.Output, hidden = feedForward.Hidden;
        for (int b = 0; b < at.End && centre.Output is not null && centre.Hidden is not null; b++)
        {
            output.First[b] = UpperBound.Min(output.First[b], centre.Output[b] + Reach(ball, output, b));
            if (b < at.FfnIn)
            {
                UpperBound bound = centre.Hidden[b] + (Reach(ball, attentionOutput, b) * UpperBound.Max(feedForward.FfnIn))
                    + (growth * attentionOutput.First[b]);
                hidden.First[b] = UpperBound.Min(hidden.First[b], bound);
            }
        }
    }

    // (C.17)  the derivative of Φ in all trained blocks but W_2 of this block: those before W_1 together, then W_1
    private UpperBound JointHidden(
        UpperBound atCentre, ParameterBall ball, BlockIndices at, LocalBound attentionOutput, LocalFeedForwardBounds feedForward,
        UpperBound growth)
    {
        UpperBound[] changes = new UpperBound[at.FfnIn], slopes = new UpperBound[at.FfnIn];
        for (int b = 0; b < at.FfnIn && atCentre.IsFinite; b++)
        {
            if (_isTrained[b])
            {
                (changes[b], slopes[b]) = (Reach(ball, attentionOutput, b), attentionOutput.First[b]);
            }
        }

        UpperBound before = atCentre + (UpperBound.Norm(changes) * UpperBound.Max(feedForward.FfnIn)) + (growth * UpperBound.Norm(slopes));
        return UpperBound.Norm([before, _isTrained[at.FfnIn] ? feedForward.Hidden.First[at.FfnIn] : default]);
    }

    private static UpperBound Reach(ParameterBall ball, LocalBound bound, int block)
    {
        var row = new UpperBound[ball.Blocks];
        for (int c = 0; c < row.Length; c++)
        {
            row[c] = bound.Second[block, c];
        }

        return ball.Reach(row);
    }
}

/// <summary>What holds on a ball.</summary>
/// <param name="Output">Bounds of F.</param>
/// <param name="Hidden">Bounds of the last block's Φ.</param>
/// <param name="JointHidden">sup ‖∂Φ/∂(all trained blocks but W_2 of the last)‖; infinite where it is not computed.</param>
internal readonly record struct BallBounds(LocalBound Output, LocalBound Hidden, UpperBound JointHidden);
