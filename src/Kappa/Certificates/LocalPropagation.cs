using System.Numerics.Tensors;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Carries the local bounds of a ball of weights through model R, block after block (C.15, C.17).</summary>
/// <remarks>Everything that depends on θ_0 alone is computed once, in the constructor. Not thread-safe.</remarks>
internal sealed class LocalPropagation
{
    private readonly ResidualTransformerShape _shape;
    private readonly LayerCentre[] _layers;
    private readonly ExactCentre[] _exact;
    private readonly bool[] _isTrained;
    private readonly SpectralNorm _norms = new();

    /// <summary>Prepares the bounds around a point.</summary>
    /// <param name="point">A model without readout and with a smooth activation.</param>
    public LocalPropagation(TrainingPoint point)
        : this(point, new PreciseForward(point), wantsFloor: false)
    {
    }

    /// <summary>Prepares the bounds around a point that has been evaluated.</summary>
    /// <param name="point">A model without readout and with a smooth activation.</param>
    /// <param name="forward">Its evaluation.</param>
    /// <param name="wantsFloor">Whether <see cref="StartFloor"/> is wanted, which costs the Gram matrix of J whatever its size.</param>
    public LocalPropagation(TrainingPoint point, PreciseForward forward, bool wantsFloor)
    {
        _shape = point.Shape;
        _layers = new LayerCentre[_shape.Depth];
        bool keepsStacks = wantsFloor || _shape.Depth > 1;
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer] = new LayerCentre(_shape, point.Weights.Block(layer), forward.Layers[layer], point.Model.Samples, _norms, keepsStacks);
        }

        _isTrained = [.. point.IsTrained];
        _exact = ExactCentre.Of(_shape, _layers, _isTrained, _norms, wantsFloor);
    }

    /// <summary>B = 5L.</summary>
    public int Blocks => 5 * _shape.Depth;

    /// <summary>σ_max(J) at θ_0 where it is affordable; infinite otherwise.</summary>
    public double StartJoint => _exact[^1].JointOutput;

    /// <summary>σ_min(J) at θ_0 at least; 0 where it was not asked for or cannot be told from 0.</summary>
    public double StartFloor => _exact[^1].JointFloor;

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
        LayerCentre centre = _layers[layer];
        var at = new BlockIndices(layer, Blocks);
        LocalBound input = previous.AsBlockInput(layer > 0);
        var attention = new AttentionBounds(centre, ball, at, input, Math.Abs(_shape.LogitScale), _norms);
        attention.BoundOutput(Math.Abs(_shape.AttentionResidual));
        DepthComposition? composition = layer > 0 ? new DepthComposition(ball, at, previous) : null;
        composition?.LimitAttention(attention.Output, _exact[layer].AttentionTransfer);
        _ = attention.Output.Close(ball, centre.AttentionOutputNorm);

        var feedForward = new FeedForwardBounds(centre, ball, at, attention.Output, _shape, _norms);
        feedForward.CloseHidden(attention);
        feedForward.BoundOutput(attention);
        LocalBound output = feedForward.Output;
        composition?.Compose(output, _exact[layer].Transfer, attention.Output);
        output.DropBlockInput();
        attention.Output.DropBlockInput();
        double growth = TensorPrimitives.Max<double>([.. feedForward.FfnIn.Zip(centre.Rows.FfnIn, (bound, atCentre) => Math.Max(bound - atCentre, 0))]);
        LimitByExact(_exact[layer], ball, at, attention.Output, feedForward, growth);
        feedForward.Hidden.DropBlockInput();
        for (int b = 0; b < Blocks; b++)
        {
            output.LimitRows(b);
        }

        double joint = JointHidden(_exact[layer].JointHidden, ball, at, attention.Output, feedForward, growth);
        return new BallBounds(output.Close(ball, centre.OutputNorm), feedForward.Hidden, joint);
    }

    // (C.17)  exact at the centre plus what the second derivatives allow on the ball
    private static void LimitByExact(ExactCentre exact, ParameterBall ball, BlockIndices at, LocalBound attentionOutput, FeedForwardBounds feedForward, double growth)
    {
        LocalBound output = feedForward.Output, hidden = feedForward.Hidden;
        for (int b = 0; b < at.End && exact.Output is not null && exact.Hidden is not null; b++)
        {
            output.First[b] = Math.Min(output.First[b], exact.Output[b] + Reach(ball, output, b));
            if (b < at.FfnIn)
            {
                double bound = exact.Hidden[b] + (Reach(ball, attentionOutput, b) * TensorPrimitives.Max<double>(feedForward.FfnIn)) + (growth * attentionOutput.First[b]);
                hidden.First[b] = Math.Min(hidden.First[b], bound);
            }
        }
    }

    // (C.17)  the derivative of Φ in all trained blocks but W_2 of this block: those before W_1 together, then W_1
    private double JointHidden(double exact, ParameterBall ball, BlockIndices at, LocalBound attentionOutput, FeedForwardBounds feedForward, double growth)
    {
        double changes = 0, slopes = 0;
        for (int b = 0; b < at.FfnIn && double.IsFinite(exact); b++)
        {
            double change = _isTrained[b] ? Reach(ball, attentionOutput, b) : 0, slope = _isTrained[b] ? attentionOutput.First[b] : 0;
            changes += change * change;
            slopes += slope * slope;
        }

        double before = exact + (Math.Sqrt(changes) * TensorPrimitives.Max<double>(feedForward.FfnIn)) + (growth * Math.Sqrt(slopes));
        return double.Hypot(before, _isTrained[at.FfnIn] ? feedForward.Hidden.First[at.FfnIn] : 0);
    }

    private static double Reach(ParameterBall ball, LocalBound bound, int block)
    {
        double[] row = new double[ball.Blocks];
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
internal readonly record struct BallBounds(LocalBound Output, LocalBound Hidden, double JointHidden);
