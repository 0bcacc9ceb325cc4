using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kappa.Descent;

/// <summary>Squared norms of one matrix: of the gradient, of the weights and of their distance from the start.</summary>
/// <remarks>Sums run in eight lanes in a fixed order. A norm of values above
/// 1e154 overflows to infinity, which ends the run as non-finite.</remarks>
internal readonly record struct UpdateNorms(double Gradient, double Weights, double Distance)
{
    /// <summary>next ← weights − stepSize·gradient, and ‖gradient‖², ‖weights‖², ‖weights − initial‖².</summary>
    public static UpdateNorms Propose(
        ReadOnlySpan<double> weights, ReadOnlySpan<double> gradient, ReadOnlySpan<double> initial, double stepSize, Span<double> next)
    {
        ref double w = ref MemoryMarshal.GetReference(weights);
        ref double g = ref MemoryMarshal.GetReference(gradient);
        ref double w0 = ref MemoryMarshal.GetReference(initial);
        ref double destination = ref MemoryMarshal.GetReference(next);
        Vector512<double> step = Vector512.Create(stepSize);
        Vector512<double> gradients = Vector512<double>.Zero;
        Vector512<double> squares = Vector512<double>.Zero;
        Vector512<double> distances = Vector512<double>.Zero;
        int index = 0;
        for (; index <= next.Length - Vector512<double>.Count; index += Vector512<double>.Count)
        {
            Vector512<double> weight = Vector512.LoadUnsafe(ref w, (nuint)index);
            Vector512<double> slope = Vector512.LoadUnsafe(ref g, (nuint)index);
            Vector512<double> moved = weight - Vector512.LoadUnsafe(ref w0, (nuint)index);
            (weight - (step * slope)).StoreUnsafe(ref destination, (nuint)index);
            gradients += slope * slope;
            squares += weight * weight;
            distances += moved * moved;
        }

        double gradientSum = Vector512.Sum(gradients);
        double weightSum = Vector512.Sum(squares);
        double distanceSum = Vector512.Sum(distances);
        for (; index < next.Length; index++)
        {
            double moved = weights[index] - initial[index];
            next[index] = weights[index] - (stepSize * gradient[index]);
            gradientSum += gradient[index] * gradient[index];
            weightSum += weights[index] * weights[index];
            distanceSum += moved * moved;
        }

        return new UpdateNorms(gradientSum, weightSum, distanceSum);
    }
}
