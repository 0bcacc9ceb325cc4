using System.Globalization;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>How the spectrum of a kernel is to be found.</summary>
public enum KernelRoute
{
    /// <summary>Every eigenvalue from the singular values of J: <see cref="JacobianSpectrum"/>.</summary>
    Full,

    /// <summary>The ends from products with K: <see cref="KernelExtremes"/>.</summary>
    MatrixFree,

    /// <summary>Neither is within the budget.</summary>
    Neither,
}

/// <summary>What may be spent on a kernel's spectrum, and how fast it is spent.</summary>
/// <remarks>Immutable.</remarks>
public sealed record KernelBudget
{
    /// <summary>Most bytes.</summary>
    public long Bytes { get; init; } = JacobianSpectrum.DefaultMemoryLimit;

    /// <summary>Most seconds.</summary>
    public double Seconds { get; init; } = 120;

    /// <summary>Floating-point operations per second, positive: measured on the machine,
    /// or the default of 10¹⁰ for a processor core with 256-bit vectors.</summary>
    public double FlopsPerSecond { get; init; } = 1e10;

    /// <summary>Products that the matrix-free route may take.</summary>
    public int Products { get; init; } = new LanczosOptions().MaximumProducts;
}

/// <summary>What one route costs, by a count of its leading operations: an estimate, right to a factor of about three.</summary>
/// <param name="Flops">Floating-point operations, an addition and a multiplication counted as two.</param>
/// <param name="Seconds">Flops divided by the rate.</param>
/// <param name="Bytes">Memory beside that of the evaluator.</param>
public readonly record struct RouteCost(double Flops, double Seconds, long Bytes);

/// <summary>Time and memory of both routes to a kernel's spectrum (P.4, P.7), before any work, and the route that fits.</summary>
/// <remarks>
/// With F multiply-adds in a forward pass, M·d_out outputs and P parameters. A transposed product takes 4F flops and a product with K 8F.
/// In full: a transposed product per output and piece of J, 2 max(M·d_out, P) r² for the triangular factor and 8r³/3 for its singular
/// values, r = min(M·d_out, P). Matrix-free, at most: the products, and 4·M·d_out·k² for keeping k vectors orthogonal.
/// </remarks>
/// <param name="Route">The full route if it fits, for it is exact; otherwise the matrix-free one if that fits.</param>
/// <param name="Reason">One sentence: why, and what to do if neither fits.</param>
/// <param name="Outputs">M·d_out, the order of K.</param>
/// <param name="Parameters">P, the number of trained parameters.</param>
/// <param name="Full">The cost of <see cref="JacobianSpectrum"/> without the blocks.</param>
/// <param name="MatrixFree">The cost of <see cref="KernelExtremes"/> when it uses all its products.</param>
public sealed record KernelForecast(KernelRoute Route, string Reason, long Outputs, long Parameters, RouteCost Full, RouteCost MatrixFree)
{
    /// <summary>The forecast for N samples of n tokens.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="samples">N, at least 1.</param>
    /// <param name="tokens">n, at least 1.</param>
    /// <param name="trained">The parameters that J is taken in.</param>
    /// <param name="budget">What may be spent; the defaults when <c>null</c>.</param>
    /// <exception cref="ArgumentException">The shape is not valid, nothing of it is trained, or a size or rate is not positive.</exception>
    public static KernelForecast Of(
        ResidualTransformerShape shape, int samples, int tokens, TrainedSet trained, KernelBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        var layout = ParameterLayout.For(shape);
        return Of(
            layout, (long)samples * tokens * shape.OutputWidth, ForwardMultiplyAdds(shape, (double)samples * tokens, tokens), trained,
            budget);
    }

    /// <summary>The forecast for a model on its data.</summary>
    /// <param name="model">The model.</param>
    /// <param name="trained">The parameters that J is taken in.</param>
    /// <param name="budget">What may be spent; the defaults when <c>null</c>.</param>
    /// <exception cref="ArgumentException">Nothing of the model is trained, or a rate is not positive.</exception>
    public static KernelForecast Of(IModel model, TrainedSet trained, KernelBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trained);

        // A gradient takes a forward pass three times.
        double forward = model is ResidualTransformer residual ? ForwardMultiplyAdds(residual.Shape, residual.Rows, residual.Tokens)
            : model is Transformer transformer ? transformer.Shape.GradientMultiplyAdds(model.Samples, transformer.Tokens) / 3
            : (double)model.Samples * model.Layout.Length;
        return Of(model.Layout, (long)model.Samples * model.OutputRows * model.OutputColumns, forward, trained, budget);
    }

    private static KernelForecast Of(ParameterLayout layout, long outputs, double forward, TrainedSet trained, KernelBudget? asked)
    {
        KernelBudget budget = asked ?? new KernelBudget();
        Require(budget);
        bool[] isTrained = trained.Resolve(layout);
        long parameters = layout.Blocks.Where((_, index) => isTrained[index]).Sum(block => (long)block.Length);
        RouteCost full = CostOf(FullFlops(outputs, parameters, forward), JacobianSpectrum.ForecastBytes(outputs, parameters), budget);
        RouteCost matrixFree = CostOf(
            budget.Products * ((8 * forward) + (4.0 * outputs * budget.Products)),
            sizeof(double) * ((outputs * (budget.Products + 3L)) + layout.Length), budget);
        (KernelRoute route, string reason) = Choose(full, matrixFree, outputs, budget);
        return new KernelForecast(route, reason, outputs, parameters, full, matrixFree);
    }

    // Per row: q, k, values, both feed-forward products, and the logits and mixture over n tokens.
    private static double ForwardMultiplyAdds(ResidualTransformerShape shape, double rows, int tokens)
    {
        double width = shape.Width;
        double block = (2 * width * shape.KeyWidth) + (width * width) + (2 * width * shape.FfnWidth) + (tokens * (width + shape.KeyWidth));
        return rows * ((shape.Depth * block) + (width * (shape.ReadoutWidth ?? 0)));
    }

    private static double FullFlops(long outputs, long parameters, double forward)
    {
        double rank = Math.Min(outputs, parameters);
        double passes = outputs * JacobianSingularValues.Pieces(outputs, parameters);
        return (4 * forward * passes) + (2 * Math.Max(outputs, parameters) * rank * rank) + (8 * rank * rank * rank / 3);
    }

    private static RouteCost CostOf(double flops, long bytes, KernelBudget budget) => new(flops, flops / budget.FlopsPerSecond, bytes);

    private static (KernelRoute Route, string Reason) Choose(in RouteCost full, in RouteCost matrixFree, long outputs, KernelBudget budget)
    {
        string? obstacle = Obstacle(full, budget);
        if (obstacle is null)
        {
            return (KernelRoute.Full, $"The full spectrum fits: {Words(full)}.");
        }

        return Obstacle(matrixFree, budget) is not string other
            ? (KernelRoute.MatrixFree, $"The full spectrum {obstacle}; the matrix-free ends fit: {Words(matrixFree)}.")
            : (KernelRoute.Neither, string.Create(
                CultureInfo.InvariantCulture,
                $"The full spectrum {obstacle} and {budget.Products} products with the kernel of {outputs} outputs {other}; take fewer "
                    + $"samples or products, or raise the budget."));
    }

    private static string? Obstacle(in RouteCost cost, KernelBudget budget) =>
        cost.Bytes > budget.Bytes ? $"needs {Mebibytes(cost.Bytes)} where {Mebibytes(budget.Bytes)} are allowed"
        : cost.Seconds > budget.Seconds ? string.Create(
            CultureInfo.InvariantCulture,
            $"takes about {NumberText.Of(cost.Seconds, 2)} s where {NumberText.Of(budget.Seconds)} s are allowed")
        : null;

    private static string Words(in RouteCost cost) =>
        string.Create(CultureInfo.InvariantCulture, $"about {NumberText.Of(cost.Seconds, 2)} s and {Mebibytes(cost.Bytes)}");

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / 1048576.0):F0} MiB");

    private static void Require(KernelBudget budget)
    {
        if (budget.Products < 1 || !(budget.FlopsPerSecond > 0 && double.IsFinite(budget.FlopsPerSecond)))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"A budget must have at least 1 product and a positive finite rate but has {budget.Products} and {budget.FlopsPerSecond} "
                    + $"flop/s."), nameof(budget));
        }
    }
}
