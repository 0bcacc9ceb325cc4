using Kappa.Spectra;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>A loss over the trained parameters of a model on fixed data: all that a landscape knows of the model.</summary>
/// <remarks>
/// A point is the vector of trained parameters, matrix after matrix in layout order (<see cref="TrainedCoordinates"/>); the others keep the
/// values they were given. One caller at a time; one evaluator runs on one thread, and a landscape takes one evaluator per thread.
/// </remarks>
internal interface ILandscapeLoss : IDisposable
{
    /// <summary>Where each trained matrix lies in a point.</summary>
    TrainedCoordinates Coordinates { get; }

    /// <summary>Whether the gradient may jump, where a pre-activation changes its sign.</summary>
    bool HasKinks { get; }

    /// <summary>ℒ at a point; not finite where the model is not.</summary>
    /// <param name="point">φ [P]; not changed.</param>
    double Loss(ReadOnlySpan<double> point);

    /// <summary>ℒ and its gradient at a point.</summary>
    /// <param name="point">φ [P]; not changed.</param>
    /// <param name="gradient">Overwritten with ∂ℒ/∂φ [P].</param>
    double LossAndGradient(ReadOnlySpan<double> point, Span<double> gradient);

    /// <summary>v ↦ ∇²ℒ v at a point; it uses the evaluator, which must not be used otherwise meanwhile.</summary>
    /// <param name="point">φ [P]; copied.</param>
    ISymmetricOperator HessianAt(ReadOnlySpan<double> point);
}
