using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Bench;

/// <summary>One product with the kernel K = J Jᵀ and one with the Hessian, in units of one gradient.</summary>
internal static class KernelSuite
{
    /// <summary>Name of the unit: forward and backward pass.</summary>
    public const string Gradient = "gradient";

    /// <summary>Side of a product with K.</summary>
    public const string KernelProduct = "kappa kernel product";

    /// <summary>Side of a product with the Hessian.</summary>
    public const string HessianProduct = "kappa hessian product";

    /// <summary>Times the three at every size, depth 1, one thread.</summary>
    public static void Run(BenchmarkContext context)
    {
        foreach (BenchmarkSize size in context.Request.Sizes)
        {
            int rows = size.Samples * size.Tokens;
            ResidualTransformerShape shape = size.Shape(depth: 1);
            double scale = 1 / Math.Sqrt(size.Width);
            Matrix inputs = BenchmarkContent.NewMatrix(1, rows, size.Width, scale),
                targets = BenchmarkContent.NewMatrix(2, rows, size.Width, scale);
            using ResidualTransformer model = new(shape, inputs, targets, size.Samples);
            ResidualTransformerWeights weights = StepWork.Weights(shape), gradient = new(shape);
            KernelOperator kernel = new(model, weights, TrainedSet.All);
            HessianOperator hessian = new(model, weights, TrainedSet.All);
            (double[] u, double[] ku) = (Direction(kernel.Size), new double[kernel.Size]);
            (double[] v, double[] hv) = (Direction(hessian.Size), new double[hessian.Size]);
            IContestant[] contestants =
            [
                new OwnWork("kappa", () => _ = model.LossAndGradient(weights, model.AllSamples, gradient, TrainedSet.All)),
                new OwnWork(KernelProduct, () => kernel.Apply(u, ku)),
                new OwnWork(HessianProduct, () => hessian.Apply(v, hv)),
            ];
            context.Hold(
                new BenchmarkRow
                { Suite = "kernel", Work = Gradient, Size = size.ToString(), Depth = 1, Side = "kappa", Microseconds = default },
                contestants, size.StepOperations(1));
        }
    }

    private static double[] Direction(int length)
    {
        double[] direction = new double[length];
        for (int i = 0; i < length; i++)
        {
            direction[i] = BenchmarkContent.Entry(3, i);
        }

        return direction;
    }
}
