using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <summary>What one training step of model R costs, by the sizes alone.</summary>
internal static class StepCost
{
    /// <summary>Floating-point operations of a step: twice the multiply-adds of the products
    /// of R.1–R.4 and R.6 by the cheaper of the two routes to the logits.</summary>
    /// <param name="shape">The model, as deep and wide at every layer; all its parameters are trained.</param>
    /// <param name="samples">N.</param>
    /// <param name="tokens">n.</param>
    /// <remarks>The first block needs no gradient of its input. Softmax, activation, norms and update are not counted.</remarks>
    public static double Operations(ResidualTransformerShape shape, int samples, int tokens)
    {
        double rows = (double)samples * tokens, d = shape.Width, n = tokens, m = shape.FfnWidth;
        int depth = shape.Depth;

        // R.1: the logits, and for the way back dquery, dkey, dW_Q, dW_K; with W_Q W_Kᵀ formed once (merged) or not (factored).
        double merged = (rows * d * (d + n)) + (d * d * d) + (rows * d * (n + d)) + (2 * d * d * d);
        double factored = (rows * d * ((2 * d) + n)) + (2 * rows * d * (n + d));
        double mergedInput = rows * d * (d + n), factoredInput = 2 * rows * d * d;
        double logits = Math.Min((depth * merged) + ((depth - 1) * mergedInput), (depth * factored) + ((depth - 1) * factoredInput));

        // R.2 A Z and W_V; R.3 W_1 and W_2. R.6: four products with W_1 and W_2; dW_V, d(A Z), dA; Aᵀ d(A Z) below the first block.
        double block = (rows * d * (n + d)) + (6 * rows * d * m) + (rows * d * ((2 * d) + n));
        return 2 * (logits + (depth * block) + ((depth - 1) * rows * d * n));
    }
}
