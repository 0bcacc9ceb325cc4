using System.Globalization;
using Kappa.Models;

namespace Kappa.Spectra;

/// <summary>The singular values of J, the Jacobian of vec F in the trained parameters,
/// and with them the spectrum of the neural tangent kernel K = J Jᵀ (P.4).</summary>
/// <remarks>
/// Theory: spectra, P.4. J [M·d_out, P] is made by one transposed product Jᵀe per output number (R.6), and its singular values found by the
/// orthogonal route (P.1): λ_k = σ_k², so λ is right to a few ε λ_max and √λ_min is not lost to squaring. K itself is never formed, and of
/// J only a piece at a time. Immutable. Cost some M·d_out backward passes and about 2 P (M·d_out)² flops for M·d_out ≤ P, the same again
/// for the blocks together; memory (M·d_out)² and a piece of at most 256 MiB.
/// </remarks>
public sealed class JacobianSpectrum
{
    /// <summary>Memory that <see cref="Of"/> may use unless told otherwise: 1 GiB.</summary>
    public const long DefaultMemoryLimit = 1L << 30;

    private JacobianSpectrum(double[] singularValues, SpectrumSummary summary, IReadOnlyList<JacobianBlock> blocks)
    {
        SingularValues = singularValues;
        Summary = summary;
        Blocks = blocks;
        Eigenvalues = new double[summary.Rows];
        for (int k = 0; k < singularValues.Length; k++)
        {
            Eigenvalues[k] = singularValues[k] * singularValues[k];
        }
    }

    /// <summary>σ(J) [min(M·d_out, P)], largest first.</summary>
    public double[] SingularValues { get; }

    /// <summary>λ(K) [M·d_out], largest first: σ² and, where there are fewer parameters than outputs, zeros.</summary>
    public double[] Eigenvalues { get; }

    /// <summary>The summary of σ(J); its row side says whether K can be regular at all.</summary>
    public SpectrumSummary Summary { get; }

    /// <summary>The spectrum of each trained block's own columns of J, in layout
    /// order, when asked for; K is the sum of the blocks' kernels.</summary>
    public IReadOnlyList<JacobianBlock> Blocks { get; }

    /// <summary>λ_max(K) = σ_max(J)².</summary>
    public double LambdaMax => Summary.SigmaMax * Summary.SigmaMax;

    /// <summary>λ_min(K) = σ_M(J)² with the row side of J: 0 when rank-limited or below the floor; a PL constant at this point.</summary>
    public double LambdaMin => Summary.SigmaMinRow * Summary.SigmaMinRow;

    /// <summary>The square of the floor of σ(J): a smaller λ_min is not told from 0.</summary>
    public double LambdaFloor => Summary.Floor * Summary.Floor;

    /// <summary>The share of the loss that one step removes at least when F is linear: 1 − max((1
    /// − ηλ_min)², (1 − ηλ_max)²); negative beyond the stability edge η = 2/λ_max.</summary>
    /// <param name="stepSize">η.</param>
    public double LinearisedRate(double stepSize)
    {
        double slowest = 1 - (stepSize * LambdaMin);
        double fastest = 1 - (stepSize * LambdaMax);
        return 1 - Math.Max(slowest * slowest, fastest * fastest);
    }

    /// <summary>Bytes that <see cref="Of"/> needs: the triangular factor, a piece of J, and vectors.</summary>
    /// <param name="outputs">M·d_out, at least 1.</param>
    /// <param name="parameters">P, the number of trained parameters, at least 1.</param>
    public static long ForecastBytes(long outputs, long parameters)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parameters);
        return checked(sizeof(double) * JacobianSingularValues.Elements(outputs, parameters));
    }

    /// <summary>The spectrum at <paramref name="parameters"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">Where.</param>
    /// <param name="trained">The parameters that J is taken in.</param>
    /// <param name="memoryLimit">Most bytes to use.</param>
    /// <param name="withBlocks">Whether the blocks' own spectra are wanted, for the same time again.</param>
    /// <exception cref="ArgumentException">More memory than the limit would be needed;
    /// or the parameters do not fit the model, or nothing is trained.</exception>
    public static JacobianSpectrum Of(
        IModel model, ModelParameters parameters, TrainedSet trained, long memoryLimit = DefaultMemoryLimit, bool withBlocks = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(trained);
        bool[] isTrained = trained.Resolve(model.Layout);
        ParameterBlock[] blocks = [.. model.Layout.Blocks.Where((_, index) => isTrained[index])];
        int outputs = model.Samples * model.OutputRows * model.OutputColumns;
        int count = blocks.Sum(block => block.Length);
        RequireSize(outputs, count, memoryLimit);
        var jacobian = new JacobianSingularValues(model, parameters);
        double[] values = jacobian.Compute(blocks);
        var summary = SpectrumSummary.Of(values, outputs, count);
        JacobianBlock[] blockSpectra = [
            .. withBlocks ? blocks.Select(block => new JacobianBlock(block, blocks.Length == 1 ? summary : SummaryOf(block))) : []];
        return new JacobianSpectrum(values, summary, blockSpectra);

        SpectrumSummary SummaryOf(ParameterBlock block) => SpectrumSummary.Of(jacobian.Compute([block]), outputs, block.Length);
    }

    private static void RequireSize(int outputs, int parameters, long memoryLimit)
    {
        // The factor is one array, with its rows padded.
        long bytes = ForecastBytes(outputs, parameters);
        long order = Math.Min(outputs, parameters);
        if (bytes > memoryLimit || order * (order + 64) > Array.MaxLength)
        {
            const double mebibyte = 1 << 20;
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"The kernel in full must fit into {memoryLimit / mebibyte:F0} MiB but with M·d_out = {outputs} outputs and {parameters} "
                    + $"trained parameters it needs {bytes / mebibyte:F0} MiB; take fewer samples, train fewer blocks, raise the limit, "
                    + $"or estimate both ends without J ({nameof(KernelExtremes)})."));
        }
    }
}

/// <summary>One parameter block's share of the kernel: K = Σ_b J_b J_bᵀ, so
/// the smallest eigenvalues add up to a lower bound of λ_min(K).</summary>
/// <param name="Block">Which block.</param>
/// <param name="Summary">The summary of σ(J_b) [M·d_out, block length].</param>
public sealed record JacobianBlock(ParameterBlock Block, SpectrumSummary Summary);
