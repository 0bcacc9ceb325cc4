using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Carries the local bounds of a ball of weights through model R, block after block (C.15, C.17).</summary>
/// <remarks>Everything that depends on θ_0 alone is computed once, in the constructor. Not thread-safe.</remarks>
internal sealed class LocalPropagation
{
    private readonly ResidualTransformerShape _shape;
    private readonly LayerCentre[] _layers;
    private readonly DepthCentre[] _depth;
    private readonly SpectralNorm _norms = new();

    /// <summary>Prepares the bounds around a point.</summary>
    /// <param name="point">A model without readout and with a smooth activation.</param>
    public LocalPropagation(TrainingPoint point)
    {
        _shape = point.Shape;
        point.Model.Forward(point.Weights);
        _layers = new LayerCentre[_shape.Depth];
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer] = new LayerCentre(_shape, point.Weights.Block(layer), point.Model.Layer(layer), point.Model.Samples, _norms);
        }

        _depth = _shape.Depth > 1 ? DepthCentre.Of(_shape, point.Weights, _layers, _norms) : [];
    }

    /// <summary>B = 5L.</summary>
    public int Blocks => 5 * _shape.Depth;

    /// <summary>The bounds of the output F and of the last block's features Φ on a ball.</summary>
    /// <param name="ball">A ball of B radii.</param>
    public (LocalBound Output, LocalBound Hidden) On(ParameterBall ball)
    {
        LocalBound input = new LocalBound(_layers[0].Input, Blocks).Close(ball, _layers[0].InputNorm);
        LocalBound hidden = input;
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            (input, hidden) = Through(layer, ball, input);
        }

        return (input, hidden);
    }

    private (LocalBound Output, LocalBound Hidden) Through(int layer, ParameterBall ball, LocalBound previous)
    {
        LayerCentre centre = _layers[layer];
        var at = new BlockIndices(layer, Blocks);
        LocalBound input = previous.AsBlockInput(layer > 0);
        var attention = new AttentionBounds(centre, ball, at, input, Math.Abs(_shape.LogitScale), _norms);
        attention.BoundOutput(Math.Abs(_shape.AttentionResidual));
        DepthComposition? composition = layer > 0 ? new DepthComposition(ball, at, previous) : null;
        composition?.LimitAttention(attention.Output, _depth[layer].AttentionTransfer);
        _ = attention.Output.Close(ball, centre.AttentionOutputNorm);

        var feedForward = new FeedForwardBounds(centre, ball, at, attention.Output, _shape, _norms);
        feedForward.CloseHidden(attention);
        feedForward.BoundOutput(attention);
        LocalBound output = feedForward.Output;
        composition?.Compose(output, _depth[layer].Transfer, attention.Output);
        output.DropBlockInput();
        attention.Output.DropBlockInput();
        if (_depth.Length > 0)
        {
            LimitByExact(_depth[layer], ball, at, attention.Output, feedForward, centre.Rows.FfnIn);
        }

        feedForward.Hidden.DropBlockInput();
        for (int b = 0; b < Blocks; b++)
        {
            output.LimitRows(b);
        }

        return (output.Close(ball, centre.OutputNorm), feedForward.Hidden);
    }

    // (C.17)  exact at the centre plus what the second derivatives allow on the ball
    private static void LimitByExact(DepthCentre exact, ParameterBall ball, BlockIndices at, LocalBound attentionOutput, FeedForwardBounds feedForward, double[] centreFfnIn)
    {
        LocalBound output = feedForward.Output, hidden = feedForward.Hidden;
        double growth = feedForward.FfnIn.Zip(centreFfnIn, (bound, centre) => Math.Max(bound - centre, 0)).Max();
        for (int b = 0; b < at.End && exact.Output is not null && exact.Hidden is not null; b++)
        {
            output.First[b] = Math.Min(output.First[b], exact.Output[b] + Reach(output, b));
            if (b < at.FfnIn)
            {
                double bound = exact.Hidden[b] + (Reach(attentionOutput, b) * feedForward.FfnIn.Max()) + (growth * attentionOutput.First[b]);
                hidden.First[b] = Math.Min(hidden.First[b], bound);
            }
        }

        double Reach(LocalBound bound, int block)
        {
            double[] row = new double[ball.Blocks];
            for (int c = 0; c < row.Length; c++)
            {
                row[c] = bound.Second[block, c];
            }

            return ball.Reach(row);
        }
    }
}
