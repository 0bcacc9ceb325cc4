using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates.Ball;

/// <summary>PL constants that hold on a ball, by block of the last layer
/// (C.7). <c>null</c>: not trained, or the bound does not apply.</summary>
/// <param name="FfnOut">From W_2.</param>
/// <param name="FfnIn">From W_1.</param>
/// <param name="Readout">From W_U.</param>
internal sealed record BallPlConstants(LowerBound? FfnOut, LowerBound? FfnIn, LowerBound? Readout)
{
    /// <summary>μ(C): the kernels of the blocks add up, so their smallest eigenvalues do.</summary>
    public LowerBound Sum => (FfnOut ?? default) + (FfnIn ?? default) + (Readout ?? default);
}

/// <summary>What (C.9) needs to know about one ball.</summary>
/// <param name="Pl">C.7.</param>
/// <param name="OutputFirst">ℓ_b(F) [B].</param>
/// <param name="OutputReach">Σ_b ℓ_b(F) C_b.</param>
/// <param name="Curvature">‖[q_bc(F)]‖₂; <c>null</c> when second derivatives were not asked for.</param>
internal sealed record BallConstants(BallPlConstants Pl, UpperBound[] OutputFirst, UpperBound OutputReach, UpperBound? Curvature)
{
    /// <summary>β(C) = Σ_b ℓ_b² + (√(2ℒ_0) + Σ_b ℓ_b C_b) ‖[q_bc]‖₂ (C.8).</summary>
    /// <param name="residualNorm">√(2ℒ_0).</param>
    public UpperBound Smoothness(UpperBound residualNorm) =>
        UpperBound.Square(UpperBound.Norm(OutputFirst)) + ((residualNorm + OutputReach) * (Curvature ?? UpperBound.Infinity));
}

/// <summary>The bounds of a point as a function of the radii: what is computed once is computed here once.</summary>
internal sealed class BallFunction
{
    private readonly ResidualTransformerPoint _point;
    private readonly SpectralNormsAtCentre _centre;
    private readonly SpectralNorm _norms = new();
    private readonly bool _hasFfnOut;
    private readonly bool _hasFfnIn;
    private readonly bool _hasReadout;

    /// <summary>Takes the norms at the centre.</summary>
    public BallFunction(ResidualTransformerPoint point)
    {
        _point = point;
        _centre = new SpectralNormsAtCentre(point);
        var features = TrainedFeatures.Of(point);
        (_hasFfnOut, _hasFfnIn, _hasReadout) = (features.FfnOut is null, features.FfnIn is null, features.Readout is null);
    }

    /// <summary>Number of blocks, trained or not.</summary>
    public int Blocks => _point.IsTrained.Count;

    /// <summary>Norms and floors at θ_0.</summary>
    public SpectralNormsAtCentre Centre => _centre;

    /// <summary>How often constants were computed: what a search costs.</summary>
    public int Evaluations { get; private set; }

    /// <summary>The constants on the product ball.</summary>
    /// <param name="radii">C_b, 0 for a block that is not trained.</param>
    /// <param name="withSecond">Whether β will be asked for.</param>
    public BallConstants At(double[] radii, bool withSecond)
    {
        Evaluations++;
        var ball = new ParameterBall(radii);
        var calculus = new BoundCalculus(ball, _point.IsTrained, withSecond);
        var bounds = ResidualTransformerBounds.Propagate(calculus, _point.Shape, _point.Model.Tokens, _centre);
        return new BallConstants(
            PlConstants(ball, bounds), bounds.Output.First, ball.Reach(bounds.Output.First),
            withSecond
                ? _norms.Of(new Matrix([.. bounds.Output.Second.Select(bound => bound.Value)], 0, radii.Length, radii.Length))
                : null);
    }

    // (C.7) Each floor of P.5 less how far its matrix can move (Weyl), squared.
    private BallPlConstants PlConstants(ParameterBall ball, ResidualTransformerBounds bounds)
    {
        var last = BlockIndices.Of(_point.Shape.Depth - 1, _point.Shape.Depth);
        var slope = (LowerBound)(_point.Shape.Activation.DerivativeLowerBound ?? 0);
        LowerBound readout = _point.Weights.Readout is null ? 1 : _centre.ReadoutFloor - ball[BlockIndices.ReadoutOf(_point.Shape.Depth)];
        LowerBound hidden = _centre.HiddenFloor - ball.Reach(bounds.Hidden.First);
        LowerBound attentionOutput = _centre.AttentionOutputFloor - ball.Reach(bounds.AttentionOutput.First);
        LowerBound ffnOut = _centre.FfnOutFloor - ball[last.FfnOut];
        LowerBound lastOutput = _centre.LastOutputFloor - ball.Reach(bounds.LastOutput.First);
        return new BallPlConstants(
            _hasFfnOut ? LowerBound.Square(hidden * readout) : null,
            _hasFfnIn ? LowerBound.Square(slope * attentionOutput * ffnOut * readout) : null,
            _hasReadout ? LowerBound.Square(lastOutput) : null);
    }
}

/// <summary>Which of the bounds of P.5 are about this point: for each, <c>null</c> or the reason why not.</summary>
/// <param name="FfnOut">Why W_2 of the last block gives no bound.</param>
/// <param name="FfnIn">Why W_1 of the last block gives none.</param>
/// <param name="Readout">Why W_U gives none.</param>
internal sealed record TrainedFeatures(string? FfnOut, string? FfnIn, string? Readout)
{
    /// <summary>Whether no bound is about the point.</summary>
    public bool AreAbsent => FfnOut is not null && FfnIn is not null && Readout is not null;

    /// <summary>Looks at shapes and trained blocks, not at numbers.</summary>
    public static TrainedFeatures Of(ResidualTransformerPoint point)
    {
        ResidualTransformerShape shape = point.Shape;
        var last = BlockIndices.Of(shape.Depth - 1, shape.Depth);
        int rows = point.Rows;
        bool ownsReadout = shape.ReadoutWidth is not null;
        string? narrowReadout = shape.OutputWidth > shape.Width
            ? $"the readout has d_out = {shape.OutputWidth} > d = {shape.Width} columns"
            : null;
        string? ffnOut = !point.IsTrained[last.FfnOut] ? "W_2 of the last block is not trained"
            : shape.FfnWidth < rows ? $"Φ has m = {shape.FfnWidth} columns for M = {rows} rows"
            : narrowReadout;
        string? ffnIn = !point.IsTrained[last.FfnIn] ? "W_1 of the last block is not trained"
            : shape.Activation.DerivativeLowerBound is null ? "ψ' of the activation is not bounded away from 0"
            : shape.Width < rows ? $"H has d = {shape.Width} columns for M = {rows} rows"
            : shape.FfnWidth < shape.Width ? $"W_2 has m = {shape.FfnWidth} < d = {shape.Width} rows"
            : narrowReadout;
        string? readout = !ownsReadout ? "there is no readout"
            : !point.IsTrained[BlockIndices.ReadoutOf(shape.Depth)] ? "the readout is not trained"
            : shape.Width < rows ? $"Z^L has d = {shape.Width} columns for M = {rows} rows"
            : null;
        return new TrainedFeatures(ffnOut, ffnIn, readout);
    }
}
