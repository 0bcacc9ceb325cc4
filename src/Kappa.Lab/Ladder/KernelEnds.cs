using Kappa.Lab.Experiments;
using Kappa.Spectra;

namespace Kappa.Lab.Ladder;

/// <summary>λ_min and λ_max of the kernel at a state, with the rate of the linearised descent that follows.</summary>
/// <param name="State">Where.</param>
/// <param name="LambdaMin">λ_min(K); from above when estimated.</param>
/// <param name="LambdaMax">λ_max(K).</param>
/// <param name="Remark">What λ_min can be trusted to say; empty when it is what it seems.</param>
internal sealed record KernelEnds(LadderState State, double LambdaMin, double LambdaMax, string Remark)
{
    /// <summary>(P.4) 1 − max{(1 − x)², (1 − y)²} with x = ηλ_min, y = ηλ_max, as min{x(2 − x), y(2 − y)}: that keeps a rate below ε.</summary>
    public double Rate
    {
        get
        {
            double slowest = State.StepSize * LambdaMin, fastest = State.StepSize * LambdaMax;
            return Math.Min(slowest * (2 - slowest), fastest * (2 - fastest));
        }
    }

    public string Note => FormattableString.Invariant(
        $"step {State.Step}, ηλ_min = {State.StepSize * LambdaMin:G3}, ηλ_max = {State.StepSize * LambdaMax:G3}{(State.StepSize * LambdaMax > 2 ? ", beyond the edge 2" : string.Empty)}{Remark}");

    /// <summary>From the whole Jacobian.</summary>
    public static KernelEnds InFull(Experiment experiment, LadderState state)
    {
        var spectrum = JacobianSpectrum.Of(experiment.Model, state.Weights, experiment.Trained);
        return new KernelEnds(state, spectrum.LambdaMin, spectrum.LambdaMax, RemarkOn(spectrum.Summary.Status));
    }

    /// <summary>From products with the kernel (P.7).</summary>
    public static KernelEnds MatrixFree(Experiment experiment, LadderState state)
    {
        var ends = KernelExtremes.Of(experiment.Model, state.Weights, experiment.Trained);
        string remark = ends.Status is SpectrumStatus.WellDefined && !ends.LambdaMin.Converged
            ? FormattableString.Invariant($", λ_min only from above after {ends.Products} products")
            : RemarkOn(ends.Status);
        return new KernelEnds(state, ends.LambdaMin.Value, ends.LambdaMax.Value, remark);
    }

    private static string RemarkOn(SpectrumStatus status) => status switch
    {
        SpectrumStatus.RankLimited => ": more outputs than trained parameters",
        SpectrumStatus.BelowFloor => ": λ_min is below the rounding floor",
        _ => string.Empty,
    };
}
