using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Model G on fixed data: F = Σ_h S_h X W_V^h W_O^h (G.3) with the loss ½‖F − Y‖², its gradient, and the features B_h = S_h X.</summary>
/// <remarks>Theory: kernel attention, G.1–G.6. See <see cref="IModel"/> for batches, threads and precision.</remarks>
public sealed class KernelAttention : IModel
{
    private readonly ModelEngine _engine;
    private readonly Matrix _inputs;
    private readonly int _tokens;

    /// <summary>Prepares the model.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="inputs">X [N·n, D], samples stacked; copied.</param>
    /// <param name="targets">Y [N·n, D_out]; copied.</param>
    /// <param name="samples">N.</param>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="precision">The precision of the passes.</param>
    /// <exception cref="ArgumentException">The shape is not valid or a matrix does not fit.</exception>
    public KernelAttention(KernelAttentionShape shape, Matrix inputs, Matrix targets, int samples, int threads = 1, Precision precision = Precision.Double)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ParameterLayout layout = shape.NewLayout();
        _tokens = TokenRows.Require(inputs, targets, samples, shape.Width, shape.OutputWidth, perToken: true);
        (Shape, Samples, _inputs) = (shape, samples, TokenRows.Copy(inputs));
        Targets = TokenRows.Copy(targets);
        var loss = new SquaredLoss(Targets, _tokens, LossReduction.Sum);
        var team = new WorkerTeam(Math.Min(threads, BatchPass<double>.Shards(samples, _tokens)));
        IBatchPass pass = precision == Precision.Single ? NewPass<float>(team, layout, loss) : NewPass<double>(team, layout, loss);
        _engine = new ModelEngine(layout, samples, _tokens, shape.OutputWidth, team, pass);
    }

    /// <summary>The shape.</summary>
    public KernelAttentionShape Shape { get; }

    /// <summary>X [N·n, D]; not to be written.</summary>
    internal Matrix Inputs => _inputs;

    /// <summary>Y [N·n, D_out]; not to be written.</summary>
    public Matrix Targets { get; }

    /// <inheritdoc/>
    public ParameterLayout Layout => _engine.Layout;

    /// <inheritdoc/>
    public int Samples { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> AllSamples => _engine.All;

    /// <inheritdoc/>
    public int OutputRows => _tokens;

    /// <inheritdoc/>
    public int OutputColumns => Shape.OutputWidth;

    /// <inheritdoc/>
    public bool HasKinks => false;

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
        KernelAttentionTangent.Compute(Shape, TokenRows.Gather(_inputs, batch, _tokens), _tokens, parameters, direction, tangent);
    }

    /// <inheritdoc/>
    public void HessianProduct(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, ModelParameters result, TrainedSet trained)
    {
        _engine.RequireHessianProduct(parameters, batch, direction, result, trained);
        DifferencedProducts.HessianProduct(this, parameters, batch, direction, result, trained);
    }

    /// <summary>B = [B_1, …, B_H], B_h = S_h X stacked over samples (G.3): what the values are linear in.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <returns>[N·n, H·D], new.</returns>
    /// <exception cref="ArgumentException">The layout differs.</exception>
    public Matrix Features(ModelParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.RequireLayout(Layout, nameof(parameters));
        Matrix features = Matrix.Allocate(_inputs.Rows, Shape.Heads * Shape.Width);
        Matrix query = Matrix.Allocate(_tokens, Shape.KeyWidth), key = Matrix.Allocate(_tokens, Shape.KeyWidth);
        var head = new KernelHead<double>(Shape.Kernel, _tokens, 1, Shape.KeyWidth, Shape.Width, Shape.Kernel.Scale(Shape.KeyWidth));
        Matrix kept = Matrix.Allocate(head.KeepsWeights ? _tokens : 0, _tokens);
        for (int h = 0; h < Shape.Heads; h++)
        {
            for (int sample = 0; sample < Samples; sample++)
            {
                Matrix x = _inputs.RowRange(sample * _tokens, _tokens);
                Products.Multiply(x, parameters[$"heads.{h}.query"], query);
                Products.Multiply(x, parameters[$"heads.{h}.key"], key);
                head.Forward(1, new HeadMatrices<double>(query, key, x), kept, features.RowRange(sample * _tokens, _tokens).ColumnRange(h * Shape.Width, Shape.Width));
            }
        }

        return features;
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    private BatchPass<T> NewPass<T>(WorkerTeam team, ParameterLayout layout, ISampleLoss loss)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var factors = new KernelAttentionFactors<T>(Shape, layout);
        Matrix<T> inputs = Precisions.Convert<T>(_inputs);
        ISamplePass<T>[] passes = [.. Enumerable.Range(0, team.Threads).Select(_ => new KernelAttentionPass<T>(Shape, factors, inputs, _tokens))];
        return new BatchPass<T>(layout, team, factors, passes, loss, _tokens, _tokens);
    }
}

/// <summary>Checks and copies of stacked token rows.</summary>
internal static class TokenRows
{
    /// <summary>n, when X is [N·n, width] and Y [N·n, outputs], or [N, outputs] where a sample has one output row.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static int Require(in Matrix inputs, in Matrix targets, int samples, int width, int outputs, bool perToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        if (inputs.Columns != width || inputs.Rows == 0 || inputs.Rows % samples != 0)
        {
            throw new ArgumentException($"X must be [N·n, d] with N = {samples}, n at least 1 and d = {width} but is {inputs}.", nameof(inputs));
        }

        int rows = perToken ? inputs.Rows : samples;
        return targets.Rows == rows && targets.Columns == outputs
            ? inputs.Rows / samples
            : throw new ArgumentException($"Y must be [{rows}, {outputs}] but is {targets}.", nameof(targets));
    }

    /// <summary>The rows of the samples of a batch, in its order.</summary>
    public static Matrix Gather(in Matrix source, ReadOnlySpan<int> batch, int tokens)
    {
        Matrix rows = Matrix.Allocate(batch.Length * tokens, source.Columns);
        for (int k = 0; k < batch.Length; k++)
        {
            source.RowRange(batch[k] * tokens, tokens).CopyTo(rows.RowRange(k * tokens, tokens));
        }

        return rows;
    }

    /// <summary>A contiguous copy.</summary>
    public static Matrix Copy(in Matrix source)
    {
        Matrix copy = Matrix.Allocate(source.Rows, source.Columns);
        source.CopyTo(copy);
        return copy;
    }
}
