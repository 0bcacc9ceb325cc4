using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Model G on fixed data: F = Σ_h S_h X W_V^h W_O^h (G.3) with the loss ½‖F − Y‖², its gradient, and the features B_h = S_h X.</summary>
/// <remarks>Theory: kernel attention, G.1–G.6. See <see cref="IModel"/> for batches, threads and precision.</remarks>
public sealed class KernelAttention : IModel
{
    private readonly Transformer _model;
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
        shape.Validate();
        _model = new Transformer(shape.General, new TransformerData { Samples = samples, Inputs = inputs, Targets = targets }, threads, precision);
        (Shape, Samples, _tokens, _inputs, Targets) = (shape, samples, _model.Tokens, _model.Inputs, _model.Targets);
    }

    /// <summary>The shape.</summary>
    public KernelAttentionShape Shape { get; }

    /// <summary>X [N·n, D]; not to be written.</summary>
    internal Matrix Inputs => _inputs;

    /// <summary>Y [N·n, D_out]; not to be written.</summary>
    public Matrix Targets { get; }

    /// <inheritdoc/>
    public ParameterLayout Layout => _model.Layout;

    /// <inheritdoc/>
    public int Samples { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> AllSamples => _model.AllSamples;

    /// <inheritdoc/>
    public int OutputRows => _tokens;

    /// <inheritdoc/>
    public int OutputColumns => Shape.OutputWidth;

    /// <inheritdoc/>
    public bool HasKinks => false;

    /// <inheritdoc/>
    public double SquaredErrorFactor => 1;

    /// <inheritdoc/>
    public IReadOnlyList<LayerMatrix> LayerMatrices => _model.LayerMatrices;

    /// <inheritdoc/>
    public int Threads => _model.Threads;

    /// <inheritdoc/>
    public void RunParts(int parts, Action<int> compute) => _model.RunParts(parts, compute);

    /// <inheritdoc/>
    public double Loss(ModelParameters parameters, ReadOnlySpan<int> batch) => _model.Loss(parameters, batch);

    /// <inheritdoc/>
    public double LossAndGradient(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters gradient, TrainedSet trained, LayerRecord? record = null,
        Action<int>? afterwards = null) => _model.LossAndGradient(parameters, batch, gradient, trained, record, afterwards);

    /// <inheritdoc/>
    public void Output(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix output) => _model.Output(parameters, batch, output);

    /// <inheritdoc/>
    public void Backward(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix outputGradient, ModelParameters gradient, TrainedSet trained) =>
        _model.Backward(parameters, batch, outputGradient, gradient, trained);

    /// <inheritdoc/>
    public void Tangent(ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, Matrix tangent) =>
        _model.Tangent(parameters, batch, direction, tangent);

    /// <inheritdoc/>
    public void HessianProduct(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, ModelParameters result, TrainedSet trained) =>
        _model.HessianProduct(parameters, batch, direction, result, trained);

    /// <summary>B = [B_1, …, B_H], B_h = S_h X stacked over samples (G.3): what the values are linear in.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <returns>[N·n, H·D], new.</returns>
    /// <exception cref="ArgumentException">The layout differs.</exception>
    public Matrix Features(ModelParameters parameters) => TransformerFeatures.OfHeads(_model, parameters);

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
