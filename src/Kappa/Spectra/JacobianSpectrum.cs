using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>The singular values of J, the Jacobian of vec F in the trained parameters, and with them the spectrum of the neural tangent kernel K = J Jᵀ (P.4).</summary>
/// <remarks>
/// Theory: spectra, P.4. J [M·d_out, P] is written out row by row, one transposed product Jᵀe per output number (R.6), and its singular values found by the orthogonal route
/// (P.1): λ_k = σ_k², so λ is right to a few ε λ_max and √λ_min is not lost to squaring. K itself is never formed. Immutable.
/// Cost M·d_out backward passes and about 2 P (M·d_out)² flops, the same again for the blocks together.
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

    /// <summary>The spectrum of each trained block's own columns of J, in layout order; K is the sum of the blocks' kernels.</summary>
    public IReadOnlyList<JacobianBlock> Blocks { get; }

    /// <summary>λ_max(K) = σ_max(J)².</summary>
    public double LambdaMax => Summary.SigmaMax * Summary.SigmaMax;

    /// <summary>λ_min(K) = σ_M(J)² with the row side of J: 0 when rank-limited or below the floor; a PL constant at this point.</summary>
    public double LambdaMin => Summary.SigmaMinRow * Summary.SigmaMinRow;

    /// <summary>The square of the floor of σ(J): a smaller λ_min is not told from 0.</summary>
    public double LambdaFloor => Summary.Floor * Summary.Floor;

    /// <summary>The share of the loss that one step removes at least when F is linear: 1 − max((1 − ηλ_min)², (1 − ηλ_max)²); negative beyond the stability edge η = 2/λ_max.</summary>
    /// <param name="stepSize">η.</param>
    public double LinearisedRate(double stepSize)
    {
        double slowest = 1 - (stepSize * LambdaMin);
        double fastest = 1 - (stepSize * LambdaMax);
        return 1 - Math.Max(slowest * slowest, fastest * fastest);
    }

    /// <summary>Bytes that <see cref="Of"/> needs: J and the workspace of its singular values.</summary>
    /// <param name="outputs">M·d_out.</param>
    /// <param name="parameters">P, the number of trained parameters.</param>
    public static long ForecastBytes(long outputs, long parameters)
    {
        long order = Math.Min(outputs, parameters);
        return checked(sizeof(double) * ((outputs * parameters) + (3 * order * (order + 16)) + parameters));
    }

    /// <summary>The spectrum at <paramref name="weights"/>.</summary>
    /// <param name="model">The evaluator; its last forward pass is replaced.</param>
    /// <param name="weights">Where.</param>
    /// <param name="trained">The parameters that J is taken in.</param>
    /// <param name="memoryLimit">Most bytes to use.</param>
    /// <exception cref="ArgumentException">J would need more memory than the limit; or the weights do not fit the model, or nothing is trained.</exception>
    public static JacobianSpectrum Of(ResidualTransformer model, ResidualTransformerWeights weights, TrainedSet trained, long memoryLimit = DefaultMemoryLimit)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(trained);
        ParameterBlock[] blocks = [.. weights.Layout.Blocks.Where(trained.Includes)];
        int outputs = model.Output.Rows * model.Output.Columns;
        int parameters = blocks.Sum(block => block.Length);
        RequireSize(outputs, parameters, memoryLimit);

        Matrix jacobian = Matrix.Allocate(outputs, parameters);
        Fill(jacobian, model, weights, trained, blocks);
        var workspace = new SingularValues(outputs, parameters);
        (double[] values, SpectrumSummary summary) = SpectrumOf(workspace, jacobian);
        var blockSpectra = new JacobianBlock[blocks.Length];
        int column = 0;
        for (int b = 0; b < blocks.Length; b++)
        {
            blockSpectra[b] = new JacobianBlock(blocks[b], blocks.Length == 1 ? summary : SpectrumOf(workspace, jacobian.ColumnRange(column, blocks[b].Length)).Summary);
            column += blocks[b].Length;
        }

        return new JacobianSpectrum(values, summary, blockSpectra);
    }

    // Row (i, c) of J is Jᵀ e: the gradient of F_ic alone (R.6).
    private static void Fill(in Matrix jacobian, ResidualTransformer model, ResidualTransformerWeights weights, TrainedSet trained, ParameterBlock[] blocks)
    {
        Matrix unit = Matrix.Allocate(model.Output.Rows, model.Output.Columns);
        var gradient = new ResidualTransformerWeights(model.Shape);
        model.Forward(weights);
        for (int output = 0; output < jacobian.Rows; output++)
        {
            unit.Span[output] = 1;
            model.Backward(weights, unit, gradient, trained);
            unit.Span[output] = 0;
            Span<double> row = jacobian.Row(output);
            foreach (ParameterBlock block in blocks)
            {
                gradient.Vector.AsSpan(block.Offset, block.Length).CopyTo(row);
                row = row[block.Length..];
            }
        }
    }

    private static (double[] Values, SpectrumSummary Summary) SpectrumOf(SingularValues workspace, in Matrix matrix)
    {
        double[] values = new double[Math.Min(matrix.Rows, matrix.Columns)];
        workspace.Compute(matrix, values);
        return (values, SpectrumSummary.Of(values, matrix.Rows, matrix.Columns));
    }

    private static void RequireSize(int outputs, int parameters, long memoryLimit)
    {
        if (parameters == 0)
        {
            throw new ArgumentException("At least one parameter must be trained for J to have a column, but none is.");
        }

        long bytes = ForecastBytes(outputs, parameters);
        if (bytes > memoryLimit || (long)outputs * parameters > Array.MaxLength)
        {
            const double mebibyte = 1 << 20;
            throw new ArgumentException(FormattableString.Invariant(
                $"J must fit into {memoryLimit / mebibyte:F0} MiB but with M·d_out = {outputs} outputs and {parameters} trained parameters it needs {bytes / mebibyte:F0} MiB; train fewer blocks, use fewer samples, or estimate λ_max without J by power iteration."));
        }
    }
}

/// <summary>One parameter block's share of the kernel: K = Σ_b J_b J_bᵀ, so the smallest eigenvalues add up to a lower bound of λ_min(K).</summary>
/// <param name="Block">Which block.</param>
/// <param name="Summary">The summary of σ(J_b) [M·d_out, block length].</param>
public sealed record JacobianBlock(ParameterBlock Block, SpectrumSummary Summary);
