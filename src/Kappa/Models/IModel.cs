namespace Kappa.Models;

/// <summary>A model on its data: everything above it, from the descent to a certificate, takes this interface and nothing else.</summary>
/// <remarks>
/// Parameters, gradients and losses are double, whatever the precision of the passes. A batch is a list of sample numbers, in any order; it
/// is divided into shards whose number depends on the batch's size alone and whose gradients are added in a fixed order, so a result has
/// the same bits for any number of threads. After the first call with a batch of some size nothing is allocated by the loss and its
/// gradient. What one call computes never depends on the calls before it. One caller at a time.
/// </remarks>
public interface IModel : IDisposable
{
    /// <summary>Where each parameter matrix lies in a parameter vector.</summary>
    ParameterLayout Layout { get; }

    /// <summary>Number of samples N of the data.</summary>
    int Samples { get; }

    /// <summary>All sample numbers, 0 … N − 1: the full batch.</summary>
    ReadOnlySpan<int> AllSamples { get; }

    /// <summary>Rows of F that belong to one sample: n where the output is per token, otherwise 1.</summary>
    int OutputRows { get; }

    /// <summary>Columns of F.</summary>
    int OutputColumns { get; }

    /// <summary>c of the loss c·½‖F − Y‖²: 1 for a sum over the samples, one
    /// over their number for a mean; NaN for a loss of another kind.</summary>
    double SquaredErrorFactor { get; }

    /// <summary>
    /// Whether the derivative of the activation jumps: where a pre-activation
    /// changes its sign the gradient may jump, and the loss has no Hessian.
    /// </summary>
    bool HasKinks { get; }

    /// <summary>What the layers compute and a <see cref="LayerRecord"/> can
    /// keep, layer by layer and in each in the order of computation.</summary>
    IReadOnlyList<LayerMatrix> LayerMatrices { get; }

    /// <summary>Threads of one pass.</summary>
    int Threads { get; }

    /// <summary>Computes the parts of an observer's own work on the model's threads, which are idle between two passes.</summary>
    /// <param name="parts">Number of parts; they run at once and in any order, so each writes to its own memory.</param>
    /// <param name="compute">Computes the part of a number; an exception is thrown here when all parts have ended.</param>
    void RunParts(int parts, Action<int> compute);

    /// <summary>ℒ over a batch.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <param name="batch">Sample numbers, at least one.</param>
    /// <returns>ℒ; not finite when F is not.</returns>
    /// <exception cref="ArgumentException">The layout differs or a sample number is out of range.</exception>
    double Loss(ModelParameters parameters, ReadOnlySpan<int> batch);

    /// <summary>ℒ over all samples, in double precision where the model can, whatever that of its passes.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <returns>ℒ; not finite when F is not.</returns>
    /// <exception cref="ArgumentException">The layout differs.</exception>
    double ExactLoss(ModelParameters parameters) => Loss(parameters, AllSamples);

    /// <summary>ℒ and ∇ℒ over a batch.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <param name="batch">Sample numbers, at least one.</param>
    /// <param name="gradient">Overwritten when ℒ is finite: the gradient of each trained matrix, zero in every other.</param>
    /// <param name="trained">Which matrices are trained; what no trained one needs is not computed.</param>
    /// <param name="record">Filled with the matrices that its owner asked for; <c>null</c> when nobody looks at them.</param>
    /// <param name="afterwards">
    /// Called, when ℒ is finite, with the index of each parameter matrix as soon as its gradient is complete, on any thread of the model.
    /// </param>
    /// <returns>ℒ; not finite when F is not.</returns>
    /// <exception cref="ArgumentException">
    /// A layout differs, a sample number is out of range, a trained name
    /// is not in the model, or the record is another model's or too small.
    /// </exception>
    double LossAndGradient(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters gradient, TrainedSet trained, LayerRecord? record = null,
        Action<int>? afterwards = null);

    /// <summary>Fills a record without asking for the gradient: in double
    /// precision where the model can, whatever that of its passes.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <param name="batch">Sample numbers, at least one.</param>
    /// <param name="record">Filled.</param>
    /// <exception cref="ArgumentException">The layout differs, a sample number is
    /// out of range, or the record is another model's or too small.</exception>
    void Fill(ModelParameters parameters, ReadOnlySpan<int> batch, LayerRecord record) =>
        _ = LossAndGradient(parameters, batch, new ModelParameters(Layout), TrainedSet.All, record);

    /// <summary>F over a batch.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <param name="batch">Sample numbers, at least one.</param>
    /// <param name="output">Overwritten: F [batch·rows, columns], the samples in the order of the batch.</param>
    /// <exception cref="ArgumentException">A shape or layout differs, or a sample number is out of range.</exception>
    void Output(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix output);

    /// <summary>Jᵀ u over a batch: the gradient of ⟨u, F(θ)⟩, whatever the loss.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <param name="batch">Sample numbers, at least one.</param>
    /// <param name="outputGradient">u [batch·rows, columns]; not changed.</param>
    /// <param name="gradient">Overwritten: the gradient of each trained matrix, zero in every other.</param>
    /// <param name="trained">Which matrices are trained.</param>
    /// <exception cref="ArgumentException">A shape or layout differs, a sample
    /// number is out of range, or a trained name is not in the model.</exception>
    void Backward(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix outputGradient, ModelParameters gradient, TrainedSet trained);

    /// <summary>J v over a batch: the derivative of F(θ + t v) at t = 0.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <param name="batch">Sample numbers, at least one.</param>
    /// <param name="direction">v; zero in what is not trained. Not changed.</param>
    /// <param name="tangent">Overwritten: J v [batch·rows, columns].</param>
    /// <exception cref="ArgumentException">A layout or shape differs, or a sample number is out of range.</exception>
    void Tangent(ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, Matrix tangent);

    /// <summary>∇²ℒ v over a batch, in the trained matrices.</summary>
    /// <remarks>Where ψ has a kink its second derivative counts as 0.</remarks>
    /// <param name="parameters">θ; not changed.</param>
    /// <param name="batch">Sample numbers, at least one.</param>
    /// <param name="direction">v; only its trained matrices are read.</param>
    /// <param name="result">Overwritten: ∇²ℒ v in each trained matrix, zero in every other.</param>
    /// <param name="trained">Which matrices are trained.</param>
    /// <exception cref="ArgumentException">A layout differs, a sample number
    /// is out of range, or a trained name is not in the model.</exception>
    void HessianProduct(
        ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, ModelParameters result, TrainedSet trained);
}
