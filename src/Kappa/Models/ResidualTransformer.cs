using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Model R on its data: the output (R.1–R.4), loss and gradient (R.6), and the products with J, Jᵀ and ∇²ℒ (R.7).</summary>
/// <remarks>
/// Theory: model R. The fused implementation of a Transformer with one head and no normalisation. Loss and gradient go through the model
/// group by group of samples, in cache (<see cref="GradientPass{T}"/>); what keeps every matrix over all samples (<see cref="FullPass"/>)
/// reserves its memory, about L·(8d + 2m + n)·M doubles, when it is first used, and is computed again only for other parameters. A batch of
/// some of the samples goes through a model of its own size, kept for the next one. No pass allocates after its first call with a batch.
/// </remarks>
public sealed class ResidualTransformer : IModel
{
    // What telemetry does at once for each block: branch, output and Φ.
    private const int LayerParts = 3;

    private readonly LayerView[] _layers;
    private readonly WorkerTeam _team;
    private readonly WorkerTeam? _ownTeam;
    private readonly ObserverWork _observerWork = new();
    private readonly LogitRoute _route;
    private readonly int[] _all;
    private readonly ResidualArguments _arguments;
    private readonly Matrix _residual;
    private readonly FullForward _full;
    private readonly ResidualBatches _batches;
    private IGradientPass? _gradientPass;

    /// <summary>Prepares the model for the given data.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="inputs">X [N·n, d], the token rows of all samples stacked; copied.</param>
    /// <param name="targets">Y [N·n, d_out]; copied.</param>
    /// <param name="samples">Number of samples N.</param>
    /// <param name="threads">Number of threads, at least 1; more than there are shards, or parts of the telemetry, are not used.</param>
    /// <param name="precision">The precision of loss and gradient; everything else is double.</param>
    /// <exception cref="ArgumentException">The shape or the data are not valid, or single precision cannot hold ε.</exception>
    public ResidualTransformer(
        ResidualTransformerShape shape, Matrix inputs, Matrix targets, int samples, int threads = 1, Precision precision = Precision.Double)
        : this(shape, inputs, targets, samples, threads, precision, team: null)
    {
    }

    private ResidualTransformer(
        ResidualTransformerShape shape, Matrix inputs, Matrix targets, int samples, int threads, Precision precision, WorkerTeam? team)
    {
        Layout = ParameterLayout.For(shape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        shape.RequirePrecision(precision);
        Tokens = TokenRows.Require(inputs, targets, samples, shape.Width, shape.OutputWidth, perToken: true);
        (Shape, Samples, Precision) = (shape, samples, precision);
        (Inputs, Targets) = (TokenRows.Copy(inputs), TokenRows.Copy(targets));
        _residual = Matrix.Allocate(targets.Rows, targets.Columns);
        _all = [.. Enumerable.Range(0, samples)];
        _route = LogitRoutes.Cheaper(shape, samples, Tokens);
        _arguments = new ResidualArguments(shape, Layout, Tokens);
        Shards = SampleDivision.Of(samples, Tokens).Shards.Length;
        _team = team ?? new WorkerTeam(Math.Min(threads, Math.Max(Shards, LayerParts * shape.Depth)));
        _ownTeam = team is null ? _team : null;
        _batches = new ResidualBatches(this, OfSize);
        _full = new FullForward(shape, Inputs, samples, _route, _team);
        _layers = [.. Enumerable.Range(0, shape.Depth).Select(layer => new LayerView(k => _full.Last.Cache(k), layer))];
        LayerMatrices = ResidualLayerMatrices.Of(shape, Tokens);
    }

    /// <summary>The shape.</summary>
    public ResidualTransformerShape Shape { get; }

    /// <inheritdoc/>
    public ParameterLayout Layout { get; }

    /// <inheritdoc/>
    public int Samples { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> AllSamples => _all;

    /// <summary>Tokens of a sample n.</summary>
    public int Tokens { get; }

    /// <inheritdoc/>
    public int OutputRows => Tokens;

    /// <inheritdoc/>
    public int OutputColumns => Shape.OutputWidth;

    /// <inheritdoc/>
    public bool HasKinks => !Shape.Activation.IsSmooth;

    /// <inheritdoc/>
    public double SquaredErrorFactor => 1;

    /// <inheritdoc/>
    public IReadOnlyList<LayerMatrix> LayerMatrices { get; }

    /// <summary>X [M, d], M = N·n; not to be written.</summary>
    public Matrix Inputs { get; }

    /// <summary>Y [M, d_out]; not to be written.</summary>
    public Matrix Targets { get; }

    /// <summary>The precision of loss and gradient.</summary>
    public Precision Precision { get; }

    /// <summary>Rows M = N·n of the output.</summary>
    public int Rows => Inputs.Rows;

    /// <summary>F of the last <see cref="Forward"/> (R.4) [M, d_out]; not to be written.</summary>
    public Matrix ForwardOutput => _full.Last.Output;

    /// <summary>½‖F − Y‖² of the last <see cref="Forward"/>, in double precision whatever that of the passes.</summary>
    public double ForwardLoss => 0.5 * SquaredError.Of(ForwardOutput, Targets);

    /// <inheritdoc/>
    public double ExactLoss(ModelParameters parameters) =>
        0.5 * SquaredError.Of(_full.At(_arguments.Of(parameters, nameof(parameters))).Output, Targets);

    /// <inheritdoc/>
    public int Threads => _team.Threads;

    /// <summary>Number of shards that the samples are divided into; a function of the sizes alone.</summary>
    internal int Shards { get; }

    /// <summary>A model without targets, Y = 0: its loss is ½‖F‖².</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="inputs">X [N·n, d]; copied.</param>
    /// <param name="samples">Number of samples N.</param>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="precision">The precision of loss and gradient.</param>
    /// <exception cref="ArgumentException">As for the constructor.</exception>
    public static ResidualTransformer WithoutTargets(
        ResidualTransformerShape shape, Matrix inputs, int samples, int threads = 1, Precision precision = Precision.Double)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Validate();
        return new ResidualTransformer(shape, inputs, Matrix.Allocate(inputs.Rows, shape.OutputWidth), samples, threads, precision);
    }

    /// <summary>What a block computed in the last <see cref="Forward"/>.</summary>
    /// <param name="layer">Block number from 0.</param>
    public LayerView Layer(int layer) => _layers[layer];

    /// <summary><see cref="ForwardLoss"/>, and E = F − Y.</summary>
    /// <param name="residual">E [M, d_out], contiguous; overwritten.</param>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    public double ForwardResidual(Matrix residual)
    {
        _arguments.RequireOutput(residual, Samples, nameof(residual));
        return 0.5 * SquaredError.Of(ForwardOutput, Targets, residual);
    }

    /// <summary>Takes other data of the same shape, for run after run in the same memory.</summary>
    /// <param name="inputs">X [N·n, d]; copied.</param>
    /// <param name="targets">Y [N·n, d_out]; copied.</param>
    /// <exception cref="ArgumentException">A shape is another.</exception>
    public void SetData(Matrix inputs, Matrix targets)
    {
        if ((inputs.Rows, inputs.Columns) != (Inputs.Rows, Inputs.Columns)
            || (targets.Rows, targets.Columns) != (Targets.Rows, Targets.Columns))
        {
            throw new ArgumentException($"X must be {Inputs} and Y {Targets} but are {inputs} and {targets}; prepare another model.");
        }

        inputs.CopyTo(Inputs);
        targets.CopyTo(Targets);
        _batches.Clear();
        TakeData();
    }

    /// <summary>All matrices, and F (R.1–R.4), for <see cref="Layer"/> and <see cref="ForwardOutput"/>; finite or not.</summary>
    /// <param name="parameters">Parameters of this layout; not changed.</param>
    /// <exception cref="ArgumentException">The parameters have another layout.</exception>
    public void Forward(ModelParameters parameters) => _ = _full.At(_arguments.Of(parameters, nameof(parameters)));

    /// <inheritdoc/>
    public double Loss(ModelParameters parameters, ReadOnlySpan<int> batch) => _batches.Of(batch) is { } part
        ? part.Loss(parameters, part.AllSamples)
        : Pass(new GradientRequest { Weights = _arguments.Of(parameters, nameof(parameters)), Targets = Targets });

    /// <inheritdoc/>
    public double LossAndGradient(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters gradient, TrainedSet trained, LayerRecord? record = null,
        Action<int>? afterwards = null)
    {
        record?.Begin(LayerMatrices, batch.Length);
        return _batches.Of(batch) is { } part
            ? part.LossAndGradient(parameters, part.AllSamples, gradient, trained, record, afterwards)
            : Pass(new GradientRequest
            {
                Weights = _arguments.Of(parameters, nameof(parameters)),
                Targets = Targets,
                Residual = _residual,
                Gradient = _arguments.Of(gradient, nameof(gradient)),
                Trained = _arguments.Resolve(trained),
                Record = record,
                Afterwards = afterwards,
            });
    }

    /// <inheritdoc/>
    public void Fill(ModelParameters parameters, ReadOnlySpan<int> batch, LayerRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        record.Begin(LayerMatrices, batch.Length);
        if (_batches.Of(batch) is { } part)
            part.Fill(parameters, part.AllSamples, record);
        else
            ResidualLayerMatrices.Fill(record, _full.At(_arguments.Of(parameters, nameof(parameters))));
    }

    /// <inheritdoc/>
    public void Output(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix output)
    {
        _arguments.RequireOutput(output, batch.Length, nameof(output));
        if (_batches.Of(batch) is { } part)
            part.Output(parameters, part.AllSamples, output);
        else
            _full.At(_arguments.Of(parameters, nameof(parameters))).Output.CopyTo(output);
    }

    /// <inheritdoc/>
    public void Backward(
        ModelParameters parameters, ReadOnlySpan<int> batch, Matrix outputGradient, ModelParameters gradient, TrainedSet trained)
    {
        _arguments.RequireOutput(outputGradient, batch.Length, nameof(outputGradient));
        if (_batches.Of(batch) is { } part)
        {
            part.Backward(parameters, part.AllSamples, outputGradient, gradient, trained);
            return;
        }

        ResidualTransformerWeights weights = _arguments.Of(parameters, nameof(parameters));
        _full.At(weights).Backward(weights, outputGradient, _arguments.Of(gradient, nameof(gradient)), _arguments.Resolve(trained));
    }

    /// <inheritdoc/>
    /// <remarks>Nothing is computed for matrices in which the direction is zero.</remarks>
    public void Tangent(ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, Matrix tangent)
    {
        _arguments.RequireOutput(tangent, batch.Length, nameof(tangent));
        if (_batches.Of(batch) is { } part)
        {
            part.Tangent(parameters, part.AllSamples, direction, tangent);
            return;
        }

        _full.Tangent(_arguments.Of(parameters, nameof(parameters)), _arguments.Of(direction, nameof(direction)), tangent);
    }

    /// <inheritdoc/>
    /// <remarks>Exact up to rounding. The first call reserves memory; a product costs about five backward passes.</remarks>
    public void HessianProduct(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, ModelParameters result, TrainedSet trained)
    {
        if (_batches.Of(batch) is { } part)
        {
            part.HessianProduct(parameters, part.AllSamples, direction, result, trained);
            return;
        }

        FullPass pass = _full.At(_arguments.Of(parameters, nameof(parameters)));
        _ = SquaredError.Of(pass.Output, Targets, _residual);
        HessianProduct(parameters, direction, _residual, result, trained);
    }

    /// <summary>Jᵀ J v + Σ_i E_i D²F_i v (R.7) for any E [M, d_out]; zero leaves JᵀJ v, the Gauss–Newton part.</summary>
    internal void HessianProduct(
        ModelParameters parameters, ModelParameters direction, in Matrix residual, ModelParameters result, TrainedSet trained)
    {
        _arguments.RequireOutput(residual, Samples, nameof(residual));
        ResidualTransformerWeights weights = _arguments.Of(parameters, nameof(parameters)),
            along = _arguments.Of(direction, nameof(direction));
        _full.At(weights).HessianProduct(weights, along, residual, _arguments.Of(result, nameof(result)), _arguments.Resolve(trained));
    }

    /// <inheritdoc/>
    public void RunParts(int parts, Action<int> compute) => _team.Run(_observerWork.Of(compute), parts);

    /// <summary>Ends the threads.</summary>
    public void Dispose() => _ownTeam?.Dispose();

    private ResidualTransformer OfSize(int samples) => new(
        Shape, Matrix.Allocate(samples * Tokens, Shape.Width), Matrix.Allocate(samples * Tokens, Shape.OutputWidth), samples, Threads,
        Precision, _team);

    /// <summary>Takes what the memory of the data holds now.</summary>
    internal void TakeData()
    {
        _gradientPass?.TakeInputs(Inputs);
        _full.TakeInputs();
    }

    private double Pass(in GradientRequest request)
    {
        _gradientPass ??= Precision == Precision.Single
            ? new GradientPass<float>(Shape, Inputs, Samples, _route, _team)
            : new GradientPass<double>(Shape, Inputs, Samples, _route, _team);
        return _gradientPass.Compute(request);
    }
}
