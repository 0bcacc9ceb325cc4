using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The experiments' Transformer on fixed data: token ids or patches to class logits z, with the mean cross-entropy and its gradient (E.1–E.7).</summary>
/// <remarks>
/// Theory: experiment block. Memory grows with the tokens of one group of samples for each thread, never with n² for more than 64 rows of one head (samples of up to 128 tokens keep their
/// n × n weights). See <see cref="IModel"/> for batches, threads and precision; a model on other data (a test set) takes the same parameters.
/// </remarks>
public sealed class TransformerClassifier : IModel
{
    private readonly ModelEngine _engine;

    private TransformerClassifier(TransformerClassifierShape shape, int[] ids, in Matrix patches, int[] labels, int[] lengths, int threads, Precision precision)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ParameterLayout layout = shape.NewLayout();
        RequireLabels(labels, shape.Classes);
        (Shape, Samples) = (shape, labels.Length);
        var team = new WorkerTeam(Math.Min(threads, BatchPass<double>.Shards(labels.Length, shape.Tokens)));
        IBatchPass pass = precision == Precision.Single ? NewPass<float>(team, layout, ids, patches, labels, lengths) : NewPass<double>(team, layout, ids, patches, labels, lengths);
        _engine = new ModelEngine(layout, labels.Length, 1, shape.Classes, team, pass);
    }

    /// <summary>The shape.</summary>
    public TransformerClassifierShape Shape { get; }

    /// <inheritdoc/>
    public bool HasKinks => !Shape.Activation.IsSmooth;

    /// <inheritdoc/>
    public ParameterLayout Layout => _engine.Layout;

    /// <inheritdoc/>
    public int Samples { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> AllSamples => _engine.All;

    /// <inheritdoc/>
    public int OutputRows => 1;

    /// <inheritdoc/>
    public int OutputColumns => Shape.Classes;

    /// <summary>A model of token ids.</summary>
    /// <param name="shape">A valid shape; its input width is the number of different ids.</param>
    /// <param name="ids">Token ids [N·n], samples one after the other, each at least 0 and below the input width; copied.</param>
    /// <param name="labels">Classes [N], each at least 0 and below their number; copied.</param>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="precision">The precision of the passes.</param>
    /// <param name="lengths">For each sample how many of its tokens are no padding [N], each 1 … n: the rest is neither attended to nor pooled (E.11). <c>null</c> when no token is padding; copied.</param>
    /// <exception cref="ArgumentException">The shape is not valid, the sizes do not fit, or an id, label or length is out of range.</exception>
    public static TransformerClassifier OfTokens(TransformerClassifierShape shape, int[] ids, int[] labels, int threads = 1, Precision precision = Precision.Double, int[]? lengths = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(labels);
        shape.Validate();
        if (labels.Length == 0 || ids.Length != (long)labels.Length * shape.Tokens)
        {
            throw new ArgumentException($"There must be N·n = {labels.Length}·{shape.Tokens} token ids, N at least 1, but there are {ids.Length}.", nameof(ids));
        }

        RequireLengths(lengths, labels.Length, shape.Tokens);
        int wrong = Array.FindIndex(ids, id => (uint)id >= (uint)shape.InputWidth);
        return wrong < 0
            ? new TransformerClassifier(shape, [.. ids], default, [.. labels], PaddedOnly(lengths, shape.Tokens), threads, precision)
            : throw new ArgumentException($"A token id must lie between 0 and {shape.InputWidth - 1} but number {wrong} is {ids[wrong]}.", nameof(ids));
    }

    /// <summary>A model of patches (or of any token vectors).</summary>
    /// <param name="shape">A valid shape; its input width is the numbers in a patch.</param>
    /// <param name="patches">[N·n, input width], samples one after the other; copied.</param>
    /// <param name="labels">Classes [N]; copied.</param>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="precision">The precision of the passes.</param>
    /// <exception cref="ArgumentException">The shape is not valid, the sizes do not fit, or a label is out of range.</exception>
    public static TransformerClassifier OfPatches(TransformerClassifierShape shape, Matrix patches, int[] labels, int threads = 1, Precision precision = Precision.Double)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(labels);
        shape.Validate();
        return labels.Length > 0 && patches.Rows == (long)labels.Length * shape.Tokens && patches.Columns == shape.InputWidth
            ? new TransformerClassifier(shape, [], TokenRows.Copy(patches), [.. labels], [], threads, precision)
            : throw new ArgumentException($"The patches must be [N·n, {shape.InputWidth}] with N·n = {labels.Length}·{shape.Tokens}, N at least 1, but are {patches}.", nameof(patches));
    }

    /// <inheritdoc/>
    public IReadOnlyList<LayerMatrix> LayerMatrices => [];

    /// <inheritdoc/>
    public int Threads => _engine.Threads;

    /// <inheritdoc/>
    public void RunParts(int parts, Action<int> compute) => _engine.RunParts(parts, compute);

    /// <inheritdoc/>
    public double Loss(ModelParameters parameters, ReadOnlySpan<int> batch) => _engine.Loss(parameters, batch);

    /// <inheritdoc/>
    public double LossAndGradient(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters gradient, TrainedSet trained, LayerRecord? record = null,
        Action<int>? afterwards = null) => _engine.LossAndGradient(parameters, batch, gradient, trained, record, afterwards);

    /// <inheritdoc/>
    public void Output(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix output) => _engine.Output(parameters, batch, output);

    /// <inheritdoc/>
    public void Backward(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix outputGradient, ModelParameters gradient, TrainedSet trained) =>
        _engine.Backward(parameters, batch, outputGradient, gradient, trained);

    /// <inheritdoc/>
    public void Tangent(ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, Matrix tangent)
    {
        _engine.RequireTangent(parameters, batch, direction, tangent);
        DifferencedProducts.Tangent(this, parameters, batch, direction, tangent);
    }

    /// <inheritdoc/>
    public void HessianProduct(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, ModelParameters result, TrainedSet trained)
    {
        _engine.RequireHessianProduct(parameters, batch, direction, result, trained);
        DifferencedProducts.HessianProduct(this, parameters, batch, direction, result, trained);
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    // Without padding there is nothing to mask.
    private static int[] PaddedOnly(int[]? lengths, int tokens) => lengths is null || Array.TrueForAll(lengths, length => length == tokens) ? [] : [.. lengths];

    private static void RequireLengths(int[]? lengths, int samples, int tokens)
    {
        if (lengths is null)
        {
            return;
        }

        if (lengths.Length != samples)
        {
            throw new ArgumentException($"There must be {samples} lengths, one a sample, but there are {lengths.Length}.", nameof(lengths));
        }

        int wrong = Array.FindIndex(lengths, length => length < 1 || length > tokens);
        if (wrong >= 0)
        {
            throw new ArgumentException($"A length must lie between 1 and {tokens} but that of sample {wrong} is {lengths[wrong]}.", nameof(lengths));
        }
    }

    private static void RequireLabels(int[] labels, int classes)
    {
        int wrong = Array.FindIndex(labels, label => (uint)label >= (uint)classes);
        if (wrong >= 0)
        {
            throw new ArgumentException($"A label must lie between 0 and {classes - 1} but that of sample {wrong} is {labels[wrong]}.", nameof(labels));
        }
    }

    private BatchPass<T> NewPass<T>(WorkerTeam team, ParameterLayout layout, int[] ids, in Matrix patches, int[] labels, int[] lengths)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var factors = new ClassifierFactors<T>(Shape, layout);
        var inputs = new ClassifierInputs<T>(ids, patches.Rows == 0 ? default : Precisions.Convert<T>(patches), lengths);
        ISamplePass<T>[] passes = [.. Enumerable.Range(0, team.Threads).Select(_ => new ClassifierPass<T>(Shape, layout, factors, inputs))];
        return new BatchPass<T>(layout, team, factors, passes, new CrossEntropy(labels), Shape.Tokens, outputRows: 1);
    }
}
