using System.Globalization;
using System.Numerics.Tensors;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Runs;

/// <summary>Why a run has no finite loss or gradient before its first step,
/// and which scale to look at: no step size has a part in it.</summary>
internal static class FirstLoss
{
    // Beyond this a product of two numbers of the size overflows.
    private const double LargestSquared = 1e154;

    /// <summary>One sentence.</summary>
    /// <param name="data">Where the data come from.</param>
    /// <param name="kind">The kind of model.</param>
    /// <param name="loss">ℒ(θ_0); when it is finite the gradient is not.</param>
    /// <param name="inputs">X; may be empty.</param>
    /// <param name="targets">Y; may be empty.</param>
    public static string Words(
        DataSpecification data, ModelKind kind, double loss, ReadOnlySpan<double> inputs, ReadOnlySpan<double> targets)
    {
        (double target, double input) = (Largest(targets), Largest(inputs));
        string where = target > LargestSquared ? $"the targets are as large as {Shown(target)}, so that their squares overflow; look at "
            + $"{(data.Source == DataSource.Gaussian ? "targetScale" : "the targets")}"
            : input > LargestSquared ? $"the tokens are as large as {Shown(input)}, so that their products overflow; look at "
                + $"{(data.DrawsTokens ? "tokenScale" : "the inputs")}"
            : $"the model's output or its derivative overflows; look at {ScalesOf(kind)}";
        return $"The first {(double.IsFinite(loss) ? "gradient" : "loss")} is not finite, before any step is made: {where}.";
    }

    private static string ScalesOf(ModelKind kind) => kind switch
    {
        ModelKind.ShallowEncoder => "outputScale, temperature and the gains of the initial weights",
        ModelKind.KernelAttention => "temperature and the gains of the initial weights",
        ModelKind.Classifier => "gain, attentionResidual and ffnResidual",
        _ => "the gains of the initial weights, attentionResidual, ffnResidual and temperature",
    };

    // NaN counts as the largest: a value that overflowed earlier.
    private static double Largest(ReadOnlySpan<double> values)
    {
        double largest = values.IsEmpty ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude(values));
        return double.IsNaN(largest) ? double.PositiveInfinity : largest;
    }

    private static string Shown(double value) => double.IsFinite(value) ? value.ToString("G2", CultureInfo.InvariantCulture) : "infinity";
}
