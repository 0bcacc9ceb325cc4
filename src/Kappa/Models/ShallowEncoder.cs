using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Model S on fixed data: f(X) = τ₁ w_Oᵀ Σ_i ReLU(W_V Xᵀβ_i) (S.1), its loss (S.2) and gradient (S.8), and the features F_pre (S.4).</summary>
/// <remarks>
/// Theory: shallow encoder, S.1–S.8. See <see cref="IModel"/> for batches, threads and precision. Where d_m is large the logits are formed with W_Qᵀ W_K [d, d], whose gradient is turned into
/// those of W_Q and W_K once for the batch. At the kink of the ReLU its derivative is 0.
/// </remarks>
public sealed class ShallowEncoder : IModel
{
    private readonly Transformer _model;

    /// <summary>Prepares the model.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="inputs">X [N·d_s, d], samples stacked; copied.</param>
    /// <param name="targets">y [N, 1]; copied.</param>
    /// <param name="samples">N.</param>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="precision">The precision of the passes; <see cref="Features"/> is double.</param>
    /// <exception cref="ArgumentException">The shape is not valid or a matrix does not fit.</exception>
    public ShallowEncoder(ShallowEncoderShape shape, Matrix inputs, Matrix targets, int samples, int threads = 1, Precision precision = Precision.Double)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Validate();
        _model = new Transformer(shape.General, new TransformerData { Samples = samples, Inputs = inputs, Targets = targets }, threads, precision);
        Shape = shape;
    }

    /// <summary>The shape.</summary>
    public ShallowEncoderShape Shape { get; }

    /// <summary>d_s, tokens of a sample.</summary>
    public int Tokens => _model.Tokens;

    /// <summary>X [N·d_s, d]; not to be written.</summary>
    public Matrix Inputs => _model.Inputs;

    /// <summary>y [N, 1]; not to be written.</summary>
    public Matrix Targets => _model.Targets;

    /// <inheritdoc/>
    public ParameterLayout Layout => _model.Layout;

    /// <inheritdoc/>
    public int Samples => _model.Samples;

    /// <inheritdoc/>
    public ReadOnlySpan<int> AllSamples => _model.AllSamples;

    /// <summary>True: ψ is the ReLU.</summary>
    public bool HasKinks => true;

    /// <inheritdoc/>
    public int OutputRows => 1;

    /// <inheritdoc/>
    public int OutputColumns => 1;

    /// <inheritdoc/>
    public double SquaredErrorFactor => Shape.Reduction == LossReduction.Mean ? 1.0 / Samples : 1;

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

    /// <summary>F_pre [N, d_m] (S.4): row n is τ₁ Σ_i ReLU(W_V X_nᵀβ_{i,n})ᵀ, so that f = F_pre w_O.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <returns>New.</returns>
    /// <exception cref="ArgumentException">The layout differs.</exception>
    public Matrix Features(ModelParameters parameters) => TransformerFeatures.Pooled(_model, parameters);

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
