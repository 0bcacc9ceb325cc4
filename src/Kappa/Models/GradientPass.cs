using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Loss and gradient in one pass, in either precision.</summary>
internal interface IGradientPass
{
    /// <summary>ℒ and, where wanted, E = F − Y and the gradient.</summary>
    double Compute(in GradientRequest request);

    /// <summary>Takes other inputs X of the same shape.</summary>
    void TakeInputs(in Matrix inputs);
}

/// <summary>What a <see cref="IGradientPass"/> is asked for.</summary>
internal readonly ref struct GradientRequest
{
    /// <summary>θ.</summary>
    public required ResidualTransformerWeights Weights { get; init; }

    /// <summary>Y [M, d_out].</summary>
    public required Matrix Targets { get; init; }

    /// <summary>E [M, d_out], overwritten; not read when no gradient is wanted.</summary>
    public Matrix Residual { get; init; }

    /// <summary>∂ℒ/∂θ, overwritten when ℒ is finite; null when only the loss is wanted.</summary>
    public ResidualTransformerWeights? Gradient { get; init; }

    /// <summary>The trained matrices.</summary>
    public ResolvedTrainedSet? Trained { get; init; }

    /// <summary>Where what an observer looks at is kept; null when nobody looks.</summary>
    public LayerRecord? Record { get; init; }

    /// <summary>Called with the index of each parameter matrix as soon as its gradient is complete.</summary>
    public Action<int>? Afterwards { get; init; }
}

/// <summary>Takes group after group of samples forward and back while its matrices are in
/// cache; only the gradient, the residual and what an observer wants are kept.</summary>
/// <remarks>
/// Theory: model R, (R.1)–(R.6). The loss is a sum over samples, so a group's way back can follow its way forward at once. Memory: L·(7d +
/// 2m + n) elements for each row of a group and thread, and a gradient for each shard. In single precision the weights are rounded once a
/// step, all passes are single, the sums over shards and of the loss double.
/// </remarks>
internal sealed class GradientPass<T> : IGradientPass, IDividedWork
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SampleDivision _division;
    private readonly Workspace<T>[] _workspaces;
    private readonly ModelFactors<T> _factors;
    private readonly ShardGradient<T>[] _gradients;
    private readonly GradientSum<T> _sum;
    private readonly double[] _losses;
    private readonly WorkerTeam _team;
    private readonly Matrix<T> _inputs;
    private readonly Matrix<T> _inputsTransposed;
    private readonly int _samples;
    private readonly int _tokens;
    private Matrix _targets;
    private Matrix _residual;
    private ResolvedTrainedSet? _trained;
    private LayerRecord? _record;

    /// <summary>Reserves the memory.</summary>
    public GradientPass(ResidualTransformerShape shape, in Matrix inputs, int samples, LogitRoute route, WorkerTeam team)
    {
        (_samples, _tokens) = (samples, inputs.Rows / samples);
        _team = team;
        _inputs = Precisions.Convert<T>(inputs);
        _inputsTransposed = Matrix<T>.Allocate(samples * shape.Width, _tokens);
        TakeInputs(inputs);
        ParameterLayout layout = ParameterLayout.For(shape);
        _division = SampleDivision.Of(samples, _tokens);
        _factors = new ModelFactors<T>(shape, route);
        _workspaces = [.. Enumerable.Range(0, team.Threads).Select(_ => new Workspace<T>(shape, _division, _tokens, route))];
        _gradients = [.. _division.Shards.Select(_ => new ShardGradient<T>(shape, layout, route))];
        _sum = new GradientSum<T>(shape, layout, _gradients, route);
        _losses = new double[_gradients.Length];
    }

    /// <inheritdoc/>
    public void TakeInputs(in Matrix inputs)
    {
        // In double precision they are the evaluator's own memory.
        if (typeof(T) != typeof(double))
        {
            Precisions.Narrow(inputs, _inputs);
        }

        Transposition.CopyEach(_samples, _inputs, _inputsTransposed);
    }

    /// <inheritdoc/>
    public double Compute(in GradientRequest request)
    {
        (_targets, _residual, _trained, _record) = (request.Targets, request.Residual, request.Trained, request.Record);
        _factors.Take(_team, request.Weights);
        _team.Run(this, _gradients.Length);
        double loss = 0;
        foreach (double part in _losses)
        {
            loss += part / 2;
        }

        if (request.Gradient is not null && double.IsFinite(loss))
        {
            _sum.Compute(_team, request.Weights, request.Gradient, request.Trained!, request.Afterwards);
        }

        return loss;
    }

    /// <inheritdoc/>
    public void Compute(int part, int worker)
    {
        double loss = 0;
        foreach (SampleRange range in _division.Shards[part])
        {
            Matrix<T> inputs = _inputs.RowRange(range.First * _tokens, range.Count * _tokens);
            SampleGroup<T> group = _workspaces[worker].Group(range.Count);
            group.Caches[0].Input = inputs;
            group.Caches[0].InputTransposed = _inputsTransposed.RowRange(range.First * inputs.Columns, range.Count * inputs.Columns);
            if (_record is null)
            {
                group.UseOwnMatrices();
            }
            else
            {
                group.Bind(_record, range);
            }

            group.Forward(_factors);
            if (_record is not null)
            {
                group.Fill(_record, range);
            }

            loss += Finish(group, range, part);
        }

        _losses[part] = loss;
    }

    // (R.4)  E = F − Y and ‖E‖²; then the way back.
    private double Finish(SampleGroup<T> group, SampleRange range, int part)
    {
        int first = range.First * _tokens, rows = group.Output.Rows;
        Matrix targets = _targets.RowRange(first, rows);
        if (_trained is null)
        {
            return SquaredError.Of(group.Output, targets);
        }

        Matrix residual = _residual.RowRange(first, rows);
        double loss = SquaredError.Of(group.Output, targets, residual);
        Matrix<T> dOutput = SquaredError.InPrecision(residual, group.Output);
        double old = range.First == _division.Shards[part][0].First ? 0 : 1;
        group.Backward(_factors, dOutput, _trained, _gradients[part], old);
        return loss;
    }
}
