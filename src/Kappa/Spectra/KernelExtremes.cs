using Kappa.Models;

namespace Kappa.Spectra;

/// <summary>λ_max and λ_min of the neural tangent kernel K = J Jᵀ (P.4) without
/// J, by Lanczos on products with K (P.7): estimated, never proven.</summary>
/// <remarks>
/// λ_max is met within a few dozen products. λ_min needs about √(λ_max/λ_min) of them or more, and rounding in K costs half of the digits:
/// a λ_min below ε √(M·d_out) λ_max is not told from 0. Where K fits, <see cref="JacobianSpectrum"/> is the better answer.
/// </remarks>
/// <param name="LambdaMax">λ_max(K), from below.</param>
/// <param name="LambdaMin">λ_min(K), from above, hence no PL constant; 0 when rank-limited or below the floor.</param>
/// <param name="Status">What λ_min can be trusted to say.</param>
/// <param name="Floor">ε √(M·d_out) ‖K‖: what rounding in the products can make of a zero.</param>
/// <param name="Products">Products with K, each a backward pass and a tangent.</param>
public sealed record KernelExtremes(
    EigenvalueEstimate LambdaMax, EigenvalueEstimate LambdaMin, SpectrumStatus Status, double Floor, int Products)
{
    /// <summary>The ends at <paramref name="parameters"/>. With fewer parameters
    /// than outputs λ_min is 0 by counting and is not waited for.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">Where.</param>
    /// <param name="trained">The parameters that J is taken in.</param>
    /// <param name="options">When to stop; the defaults when <c>null</c>.</param>
    /// <exception cref="ArgumentException">The parameters do not fit the model,
    /// a trained name is not in it, or an option is out of range.</exception>
    public static KernelExtremes Of(IModel model, ModelParameters parameters, TrainedSet trained, LanczosOptions? options = null)
    {
        var kernel = new KernelOperator(model, parameters, trained);
        return Of(kernel, kernel.Parameters, options);
    }

    /// <summary>The ends of a kernel that is known by its products.</summary>
    /// <param name="kernel">K.</param>
    /// <param name="parameters">P, the number of parameters that J is taken in: K has at most this rank.</param>
    /// <param name="options">When to stop; the defaults when <c>null</c>.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the operator is empty.</exception>
    public static KernelExtremes Of(ISymmetricOperator kernel, long parameters, LanczosOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        options ??= new LanczosOptions();
        bool isRankLimited = parameters < kernel.Size;
        ExtremeEigenvalues ends = Lanczos.Extremes(kernel, isRankLimited ? options with { Ends = SpectrumEnds.Largest } : options);
        SpectrumStatus status = StatusOf(ends, isRankLimited);
        EigenvalueEstimate smallest = status switch
        {
            SpectrumStatus.RankLimited => new EigenvalueEstimate(0, 0, true),
            SpectrumStatus.BelowFloor => new EigenvalueEstimate(0, Math.Max(ends.Smallest.Residual, ends.Floor), ends.Smallest.Converged),
            _ => ends.Smallest,
        };
        return new KernelExtremes(ends.Largest, smallest, status, ends.Floor, ends.Products);
    }

    private static SpectrumStatus StatusOf(in ExtremeEigenvalues ends, bool isRankLimited)
    {
        if (!double.IsFinite(ends.Largest.Value))
        {
            return SpectrumStatus.NonFinite;
        }

        if (ends.Largest.Value == 0)
        {
            return SpectrumStatus.Zero;
        }

        return isRankLimited
            ? SpectrumStatus.RankLimited
            : ends.Smallest.Value <= ends.Floor ? SpectrumStatus.BelowFloor
            : SpectrumStatus.WellDefined;
    }
}
