using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The samples that a model is about: what it reads, and what it is compared with.</summary>
/// <remarks>
/// Of the two inputs the shape's is given, of the two targets one: arrays with the squared error, classes with the cross-entropy.
/// </remarks>
public sealed record TransformerData
{
    /// <summary>N.</summary>
    public required int Samples { get; init; }

    /// <summary>Token vectors [N·n, columns], samples one after the other.</summary>
    public Matrix Inputs { get; init; }

    /// <summary>Token identifiers [N·n], each at least 0 and below their number in the shape.</summary>
    public int[]? Identifiers { get; init; }

    /// <summary>Y [N·n, columns] for outputs a token, [N, columns] for pooled ones.</summary>
    public Matrix Targets { get; init; }

    /// <summary>Classes [N·n] or [N], each at least 0 and below the number of columns of the output.</summary>
    public int[]? Labels { get; init; }

    /// <summary>
    /// For each sample how many of its tokens are no padding [N], each 1 … n: the rest is neither attended to nor pooled (E.11).
    /// </summary>
    public int[]? Lengths { get; init; }
}

/// <summary>A Transformer of any shape on its data (T.1–T.6).</summary>
/// <remarks>
/// Theory: the Transformer. Memory grows with the tokens of one group of samples for each thread, never with n² for more than 64 rows of
/// one head
/// (samples of up to 128 tokens keep their n × n weights; derivatives along a direction take n × n numbers of one head). See
/// <see cref="IModel"/> for
/// batches, threads and precision; a model on other data (a test set) takes the same parameters.
/// </remarks>
public sealed class Transformer : IModel
{
    private readonly ModelEngine _engine;
    private readonly int[] _identifiers;
    private readonly int[] _lengths;
    private readonly WorkerTeam _team;
    private readonly ISampleLoss _loss;

    /// <summary>Prepares the model.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="data">What it is about; copied.</param>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="precision">The precision of losses, gradients and outputs; derivatives along a direction are double.</param>
    /// <exception cref="ArgumentException">The shape is not valid, the data do not fit it, or a number of them is out of range.</exception>
    public Transformer(TransformerShape shape, TransformerData data, int threads = 1, Precision precision = Precision.Double)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ParameterLayout layout = shape.NewLayout();
        DataFit.RequireSmoothing(shape, precision);
        (Shape, Samples, Tokens) = (shape, data.Samples, DataFit.Require(shape, data));
        Inputs = shape.Input == TransformerInput.Arrays ? Copy(data.Inputs) : default;
        Targets = data.Labels is null ? Copy(data.Targets) : default;
        _identifiers = shape.Input == TransformerInput.Arrays ? [] : [.. data.Identifiers!];

        // Without padding there is nothing to mask.
        _lengths = data.Lengths is null || Array.TrueForAll(data.Lengths, length => length == Tokens) ? [] : [.. data.Lengths];
        OutputRows = shape.Readout == ReadoutKind.Pooled ? 1 : Tokens;
        _loss = data.Labels is null ? new SquaredLoss(Targets, OutputRows, shape.Reduction)
            : new CrossEntropy([.. data.Labels], OutputRows);
        HasLabels = data.Labels is not null;
        _team = new WorkerTeam(Math.Min(threads, BatchPass<double>.Shards(Samples, Tokens)));
        LayerMatrices = [.. TransformerPass<double>.LayerMatrices(shape, Tokens)];
        AttentionRoute route = AttentionRoute.Of(shape, Samples * (double)Tokens, Tokens);
        IBatchPass pass = precision == Precision.Single ? NewPass<float>(layout, route) : NewPass<double>(layout, route);
        bool isExact = precision == Precision.Double && route == AttentionRoute.Plain;
        _engine = new ModelEngine(
            layout, Samples, OutputRows, shape.OutputColumns, _team, pass, LayerMatrices, () => isExact ? pass
                : NewPass<double>(layout, AttentionRoute.Plain));
    }

    /// <summary>The shape.</summary>
    public TransformerShape Shape { get; }

    /// <summary>Whether some sample is padded.</summary>
    public bool HasPadding => _lengths.Length > 0;

    /// <summary>n, tokens of a sample.</summary>
    public int Tokens { get; }

    /// <summary>Token vectors [N·n, columns], not to be written; empty where the model reads identifiers.</summary>
    public Matrix Inputs { get; }

    /// <summary>Y, not to be written; empty where the targets are classes.</summary>
    public Matrix Targets { get; }

    /// <summary>Whether the targets are classes, so that the loss is the cross-entropy.</summary>
    public bool HasLabels { get; }

    /// <inheritdoc/>
    public ParameterLayout Layout => _engine.Layout;

    /// <inheritdoc/>
    public int Samples { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> AllSamples => _engine.All;

    /// <inheritdoc/>
    public int OutputRows { get; }

    /// <inheritdoc/>
    public int OutputColumns => Shape.OutputColumns;

    /// <inheritdoc/>
    public bool HasKinks => Shape.HasKinks;

    /// <inheritdoc/>
    public double SquaredErrorFactor => HasLabels ? double.NaN : Shape.Reduction == LossReduction.Mean ? 1.0 / Samples : 1;

    /// <inheritdoc/>
    public IReadOnlyList<LayerMatrix> LayerMatrices { get; }

    /// <inheritdoc/>
    public int Threads => _engine.Threads;

    /// <inheritdoc/>
    public void RunParts(int parts, Action<int> compute) => _engine.RunParts(parts, compute);

    /// <summary>A model of arrays that are compared with arrays.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="inputs">X [N·n, columns], samples stacked; copied.</param>
    /// <param name="targets">Y; copied.</param>
    /// <param name="samples">N.</param>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="precision">The precision of losses, gradients and outputs.</param>
    /// <exception cref="ArgumentException">The shape is not valid or a matrix does not fit.</exception>
    public static Transformer OfArrays(
        TransformerShape shape, Matrix inputs, Matrix targets, int samples, int threads = 1, Precision precision = Precision.Double) =>
        new(shape, new TransformerData { Samples = samples, Inputs = inputs, Targets = targets }, threads, precision);

    /// <inheritdoc/>
    public double Loss(ModelParameters parameters, ReadOnlySpan<int> batch) => _engine.Loss(parameters, batch);

    /// <inheritdoc/>
    public double LossAndGradient(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters gradient, TrainedSet trained, LayerRecord? record = null,
        Action<int>? afterwards = null) => _engine.LossAndGradient(parameters, batch, gradient, trained, record, afterwards);

    /// <inheritdoc/>
    public void Output(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix output) => _engine.Output(parameters, batch, output);

    /// <inheritdoc/>
    public void Backward(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix outputGradient, ModelParameters gradient,
        TrainedSet trained) =>
        _engine.Backward(parameters, batch, outputGradient, gradient, trained);

    /// <inheritdoc/>
    public void Tangent(ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, Matrix tangent) =>
        _engine.Tangent(parameters, batch, direction, tangent);

    /// <inheritdoc/>
    public void HessianProduct(ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, ModelParameters result,
        TrainedSet trained) =>
        _engine.HessianProduct(parameters, batch, direction, result, trained);

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    /// <summary>How many tokens of a sample are no padding.</summary>
    internal int LengthOf(int sample) => _lengths.Length == 0 ? Tokens : _lengths[sample];

    private static Matrix Copy(in Matrix source)
    {
        Matrix copy = Matrix.Allocate(source.Rows, source.Columns);
        source.CopyTo(copy);
        return copy;
    }

    private IBatchPass NewPass<T>(ParameterLayout own, AttentionRoute route)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ParameterLayout layout = route.LayoutOf(Shape, own);
        var factors = new TransformerFactors<T>(Shape, layout, route, Tokens);
        var source = new TokenSource<T>(_identifiers, Inputs.Rows == 0 ? default : Precisions.Convert<T>(Inputs), _lengths);
        TransformerPass<T>[] passes = [.. Enumerable.Range(0, _team.Threads).Select(_ =>
            new TransformerPass<T>(Shape, layout, route, factors, source, Tokens))];
        var pass = new BatchPass<T>(
            layout, _team, factors, passes, _loss, Tokens, OutputRows,
            () => new TransformerFactors<T>(Shape, layout, route, Tokens, isDirection: true));
        return route.IsMerged ? new MergedGradients(pass, layout, own, Shape.Parameters == ParameterForm.Transposed) : pass;
    }
}

/// <summary>Whether data fit a shape.</summary>
internal static class DataFit
{
    /// <summary>n.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static int Require(TransformerShape shape, TransformerData data)
    {
        int samples = data.Samples;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        int tokens = shape.Input == TransformerInput.Arrays ? OfArrays(shape, data.Inputs, samples)
            : OfIdentifiers(shape, data.Identifiers, samples);
        if (shape.Tokens is int expected && expected != tokens)
        {
            throw new ArgumentException(
                $"A sample must have the shape's {expected} tokens but has {tokens}; cut or pad the samples, or change the shape.");
        }

        int rows = shape.Readout == ReadoutKind.Pooled ? samples : samples * tokens;
        if ((data.Labels is null) == (data.Targets.Rows == 0))
        {
            throw new ArgumentException("Either targets or labels must be given.");
        }

        if (data.Labels is not null)
        {
            RequireNumbers(data.Labels, rows, 0, shape.OutputColumns - 1, "label");
        }
        else if (data.Targets.Rows != rows || data.Targets.Columns != shape.OutputColumns)
        {
            throw new ArgumentException($"Y must be [{rows}, {shape.OutputColumns}] but is {data.Targets}.");
        }

        if (data.Lengths is not null)
        {
            RequireNumbers(data.Lengths, samples, 1, tokens, "length");
            if (shape.Readout != ReadoutKind.Pooled)
            {
                throw new ArgumentException(
                    "Padding must be pooled over but the output has a row for each token; pool the tokens or leave the lengths out.");
            }
        }

        return tokens;
    }

    /// <summary>Whether ε of the activations has a square in the precision of the passes.</summary>
    /// <exception cref="ArgumentException">It has not.</exception>
    public static void RequireSmoothing(TransformerShape shape, Precision precision)
    {
        foreach (Activation activation in (Activation[])[shape.Activation, shape.AttentionActivation ?? shape.Activation])
        {
            bool isOutside = activation is { Kind: ActivationKind.SmoothLeakyRelu, Smoothing: not (>= 1e-18 and <= 1e18) };
            if (precision == Precision.Single && isOutside)
            {
                throw new ArgumentException(
                    "In single precision the activation's smoothing ε must lie in [1e-18, 1e18], as its square must be a normal number, "
                    + $"but is {activation.Smoothing}. Take precision Double or another ε.");
            }
        }
    }

    private static int OfArrays(TransformerShape shape, in Matrix inputs, int samples) =>
        inputs.Columns == shape.InputWidth && inputs.Rows > 0 && inputs.Rows % samples == 0
            ? inputs.Rows / samples
            : throw new ArgumentException($"X must be [N·n, {shape.InputWidth}] with N = {samples} and n at least 1 but is {inputs}.");

    private static int OfIdentifiers(TransformerShape shape, int[]? identifiers, int samples)
    {
        if (identifiers is null || identifiers.Length == 0 || identifiers.Length % samples != 0)
        {
            throw new ArgumentException(
                $"There must be N·n token identifiers with N = {samples} and n at least 1 but there are {identifiers?.Length ?? 0}.");
        }

        RequireNumbers(identifiers, identifiers.Length, 0, shape.InputWidth - 1, "token identifier");
        return identifiers.Length / samples;
    }

    private static void RequireNumbers(int[] numbers, int count, int least, int most, string name)
    {
        if (numbers.Length != count)
        {
            throw new ArgumentException($"There must be {count} {name}s but there are {numbers.Length}.");
        }

        int wrong = Array.FindIndex(numbers, number => number < least || number > most);
        if (wrong >= 0)
        {
            throw new ArgumentException($"A {name} must lie between {least} and {most} but number {wrong} is {numbers[wrong]}.");
        }
    }
}
