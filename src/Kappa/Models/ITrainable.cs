namespace Kappa.Models;

/// <summary>A model on fixed data whose loss and gradient can be taken over any batch of its samples: models G and S and the experiments' block.</summary>
/// <remarks>
/// Parameters, gradients and losses are double, whatever the precision of the passes. A batch is a list of sample numbers, in any order; it is divided into shards whose number depends on
/// the batch's size alone and whose gradients are added in a fixed order, so a result has the same bits for any number of threads. After the first call with a batch of some size nothing is
/// allocated. One caller at a time.
/// </remarks>
public interface ITrainable : IDisposable
{
    /// <summary>Where each parameter matrix lies in a parameter vector.</summary>
    ParameterLayout Layout { get; }

    /// <summary>Number of samples N of the data.</summary>
    int Samples { get; }

    /// <summary>All sample numbers, 0 … N − 1: the full batch.</summary>
    ReadOnlySpan<int> AllSamples { get; }

    /// <summary>Rows of F that belong to one sample: n in model G, otherwise 1.</summary>
    int OutputRows { get; }

    /// <summary>Columns of F.</summary>
    int OutputColumns { get; }

    /// <summary>Whether the derivative of the activation jumps: where a pre-activation changes its sign the gradient may jump, and the loss has no Hessian.</summary>
    bool HasKinks => false;

    /// <summary>ℒ over a batch.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <param name="batch">Sample numbers, at least one.</param>
    /// <returns>ℒ; not finite when F is not.</returns>
    /// <exception cref="ArgumentException">The layout differs or a sample number is out of range.</exception>
    double Loss(ModelParameters parameters, ReadOnlySpan<int> batch);

    /// <summary>ℒ and ∇ℒ over a batch.</summary>
    /// <param name="parameters">θ; not changed.</param>
    /// <param name="batch">Sample numbers, at least one.</param>
    /// <param name="gradient">Overwritten: the gradient of each trained matrix, zero in every other.</param>
    /// <param name="trained">Which matrices are trained; what no trained one needs is not computed.</param>
    /// <returns>ℒ; not finite when F is not.</returns>
    /// <exception cref="ArgumentException">A layout differs, a sample number is out of range, or a trained name is not in the model.</exception>
    double LossAndGradient(ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters gradient, TrainedSet trained);

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
    /// <param name="gradient">Overwritten as by <see cref="LossAndGradient"/>.</param>
    /// <param name="trained">Which matrices are trained.</param>
    /// <exception cref="ArgumentException">A shape or layout differs, a sample number is out of range, or a trained name is not in the model.</exception>
    void Backward(ModelParameters parameters, ReadOnlySpan<int> batch, Matrix outputGradient, ModelParameters gradient, TrainedSet trained);
}
