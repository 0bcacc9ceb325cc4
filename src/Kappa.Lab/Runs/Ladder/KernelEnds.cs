using System.Globalization;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>λ_min and λ_max of the kernel at a state, with the rate of the linearised descent that follows.</summary>
/// <param name="Step">Where.</param>
/// <param name="StepSize">η, times the factor of ½‖F − Y‖² in the loss.</param>
/// <param name="LambdaMin">λ_min(K); from above when estimated.</param>
/// <param name="LambdaMax">λ_max(K).</param>
/// <param name="Remark">What λ_min can be trusted to say; empty when it is what it seems.</param>
internal sealed record KernelEnds(long Step, double StepSize, double LambdaMin, double LambdaMax, string Remark)
{
    /// <summary>(P.4) 1 − max{(1 − x)², (1 − y)²} with x = ηλ_min, y = ηλ_max,
    /// as min{x(2 − x), y(2 − y)}: that keeps a rate below ε.</summary>
    public double Rate
    {
        get
        {
            double slowest = StepSize * LambdaMin, fastest = StepSize * LambdaMax;
            return Math.Min(slowest * (2 - slowest), fastest * (2 - fastest));
        }
    }

    public string Note => string.Create(
        CultureInfo.InvariantCulture,
        $"step {Step}, ηλ_min = {NumberText.Of(StepSize * LambdaMin, 3)}, ηλ_max = "
            + $"{NumberText.Of(StepSize * LambdaMax, 3)}{(StepSize * LambdaMax > 2 ? ", beyond the edge 2" : string.Empty)}{Remark}");

    /// <summary>From the whole Jacobian (P.4). The kernel of a mean loss is divided by the samples as the loss is.</summary>
    public static KernelEnds InFull(Experiment experiment, LadderState state)
    {
        var spectrum = JacobianSpectrum.Of(experiment.Exact, state.Parameters, experiment.Trained);
        return new KernelEnds(
            state.Step, state.StepSize * experiment.Model.SquaredErrorFactor, spectrum.LambdaMin, spectrum.LambdaMax,
            RemarkOn(spectrum.Summary.Status));
    }

    /// <summary>From products with the kernel (P.7).</summary>
    public static KernelEnds MatrixFree(Experiment experiment, LadderState state)
    {
        var ends = KernelExtremes.Of(experiment.Exact, state.Parameters, experiment.Trained);
        string remark = ends.Status is SpectrumStatus.WellDefined && !ends.LambdaMin.Converged
            ? FormattableString.Invariant($", λ_min only from above after {ends.Products} products")
            : RemarkOn(ends.Status);
        return new KernelEnds(
            state.Step, state.StepSize * experiment.Model.SquaredErrorFactor, ends.LambdaMin.Value, ends.LambdaMax.Value, remark);
    }

    private static string RemarkOn(SpectrumStatus status) => status switch
    {
        SpectrumStatus.RankLimited => ": more outputs than trained parameters",
        SpectrumStatus.BelowFloor => ": λ_min is below the rounding floor",
        _ => string.Empty,
    };
}
