using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>What all models do alike around their pass: checks, the full batch, which matrices are trained, the threads.</summary>
internal sealed class ModelEngine : IDisposable
{
    private readonly int[] _all;
    private readonly IBatchPass _pass;
    private readonly WorkerTeam _team;
    private readonly int _outputRows;
    private readonly int _outputColumns;
    private readonly IReadOnlyList<LayerMatrix> _layers;
    private readonly Func<IBatchPass> _newExact;
    private readonly ObserverWork _observerWork = new();
    private IBatchPass? _exact;
    private ModelParameters? _direction;
    private TrainedSet? _set;
    private bool[] _isTrained = [];

    /// <summary>Takes over the team and the pass.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="samples">N.</param>
    /// <param name="outputRows">Rows of F of a sample.</param>
    /// <param name="outputColumns">Columns of F.</param>
    /// <param name="team">The threads.</param>
    /// <param name="pass">The pass of loss and gradient.</param>
    /// <param name="layers">What a record can keep.</param>
    /// <param name="newExact">Makes the pass of derivatives along directions, in double precision.</param>
    public ModelEngine(
        ParameterLayout layout, int samples, int outputRows, int outputColumns, WorkerTeam team, IBatchPass pass,
        IReadOnlyList<LayerMatrix> layers,
        Func<IBatchPass> newExact)
    {
        (_layers, _newExact) = (layers, newExact);
        (Layout, _outputRows, _outputColumns, _team, _pass) = (layout, outputRows, outputColumns, team, pass);
        _all = [.. Enumerable.Range(0, samples)];
    }

    /// <summary>The layout.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>0 … N − 1.</summary>
    public ReadOnlySpan<int> All => _all;

    /// <summary>ℒ.</summary>
    public double Loss(ModelParameters parameters, ReadOnlySpan<int> batch)
    {
        Require(parameters, batch);
        return _pass.Compute(new BatchRequest { Parameters = parameters, Batch = batch, WantsLoss = true });
    }

    /// <summary>ℒ and ∇ℒ.</summary>
    public double LossAndGradient(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters gradient, TrainedSet trained, LayerRecord? record,
        Action<int>? afterwards)
    {
        Require(parameters, batch);
        RequireGradient(gradient);
        record?.Begin(_layers, batch.Length);
        double loss = _pass.Compute(
            new BatchRequest
            {
                Parameters = parameters,
                Batch = batch,
                WantsLoss = true,
                Gradient = gradient.Vector,
                IsTrained = Resolve(trained),
                Record = record,
            });
        if (afterwards is not null && double.IsFinite(loss))
        {
            for (int block = 0; block < Layout.Blocks.Count; block++)
            {
                afterwards(block);
            }
        }

        return loss;
    }

    /// <summary>F.</summary>
    public void Output(ModelParameters parameters, ReadOnlySpan<int> batch, in Matrix output)
    {
        Require(parameters, batch);
        RequireOutput(output, batch.Length, nameof(output));
        _ = _pass.Compute(new BatchRequest { Parameters = parameters, Batch = batch, Output = output });
    }

    /// <summary>Jᵀ u.</summary>
    public void Backward(
        ModelParameters parameters, ReadOnlySpan<int> batch, in Matrix outputGradient, ModelParameters gradient, TrainedSet trained)
    {
        Require(parameters, batch);
        RequireOutput(outputGradient, batch.Length, nameof(outputGradient));
        RequireGradient(gradient);
        _ = _pass.Compute(
            new BatchRequest
            {
                Parameters = parameters,
                Batch = batch,
                OutputGradient = outputGradient,
                Gradient = gradient.Vector,
                IsTrained = Resolve(trained),
            });
    }

    /// <summary>J v.</summary>
    public void Tangent(ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, in Matrix tangent)
    {
        RequireTangent(parameters, batch, direction, tangent);
        _ = (_exact ??= _newExact()).Compute(
            new BatchRequest { Parameters = parameters, Batch = batch, Direction = direction, Tangent = tangent });
    }

    /// <summary>∇²ℒ v.</summary>
    public void HessianProduct(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, ModelParameters result, TrainedSet trained)
    {
        RequireHessianProduct(parameters, batch, direction, result, trained);
        _ = (_exact ??= _newExact()).Compute(new BatchRequest
        {
            Parameters = parameters,
            Batch = batch,
            Direction = Trained(direction),
            WantsLoss = true,
            Gradient = result.Vector,
            IsTrained = Resolve(trained),
        });
    }

    // A direction counts in the trained matrices alone.
    private ModelParameters Trained(ModelParameters direction)
    {
        _direction ??= new ModelParameters(Layout);
        for (int index = 0; index < Layout.Blocks.Count; index++)
        {
            ParameterBlock block = Layout.Blocks[index];
            Span<double> target = _direction[block].Span;
            if (_isTrained[index])
            {
                direction[block].Span.CopyTo(target);
            }
            else
            {
                target.Clear();
            }
        }

        return _direction;
    }

    private void RequireTangent(ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, in Matrix tangent)
    {
        Require(parameters, batch);
        ArgumentNullException.ThrowIfNull(direction);
        direction.RequireLayout(Layout, nameof(direction));
        RequireOutput(tangent, batch.Length, nameof(tangent));
    }

    private void RequireHessianProduct(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, ModelParameters result, TrainedSet trained)
    {
        Require(parameters, batch);
        ArgumentNullException.ThrowIfNull(direction);
        direction.RequireLayout(Layout, nameof(direction));
        RequireGradient(result);
        _ = Resolve(trained);
    }

    /// <summary>Threads of one pass.</summary>
    public int Threads => _team.Threads;

    /// <summary>An observer's work on the threads.</summary>
    public void RunParts(int parts, Action<int> compute) => _team.Run(_observerWork.Of(compute), parts);

    /// <inheritdoc/>
    public void Dispose() => _team.Dispose();

    /// <summary>For each matrix, whether it is trained.</summary>
    public bool[] Resolve(TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        if (!ReferenceEquals(_set, trained))
        {
            _isTrained = trained.Resolve(Layout);
            _set = trained;
        }

        return _isTrained;
    }

    /// <summary>Throws when a batch is empty or names a sample that is not there.</summary>
    public static void RequireBatch(ReadOnlySpan<int> batch, int samples)
    {
        if (batch.Length == 0)
        {
            throw new ArgumentException("A batch must have at least one sample but is empty.", nameof(batch));
        }

        foreach (int sample in batch)
        {
            if ((uint)sample >= (uint)samples)
            {
                throw new ArgumentException($"A sample number must lie between 0 and {samples - 1} but is {sample}.", nameof(batch));
            }
        }
    }

    private void Require(ModelParameters parameters, ReadOnlySpan<int> batch)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.RequireLayout(Layout, nameof(parameters));
        RequireBatch(batch, _all.Length);
    }

    private void RequireGradient(ModelParameters gradient)
    {
        ArgumentNullException.ThrowIfNull(gradient);
        gradient.RequireLayout(Layout, nameof(gradient));
    }

    private void RequireOutput(in Matrix matrix, int batch, string name)
    {
        if (matrix.Rows != batch * _outputRows || matrix.Columns != _outputColumns)
        {
            throw new ArgumentException(
                $"The matrix must be [{batch * _outputRows}, {_outputColumns}] for a batch of {batch} but is {matrix}.", name);
        }
    }
}
