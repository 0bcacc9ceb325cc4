using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>The extremes over samples of the spectra of H_i [n, d], one matrix per
/// sample (P.2): n ≤ d is the usual case, where the row side is full.</summary>
/// <remarks>
/// Eight samples go through each operation together, one per lane; the numbers of a sample depend on that sample alone. Owns its workspace,
/// allocates nothing per call; one instance per thread. Cost of a sample, with p = min(n, d): 2 n d p + 8p³/3 flops.
/// </remarks>
public sealed class SampleSpectra
{
    private readonly ExtremeSingularValues _extremes;
    private readonly double[] _largest;
    private readonly double[] _smallest;
    private readonly double[] _conditionNumbers;
    private readonly int _tokens;
    private readonly int _columns;

    /// <summary>Reserves the workspace.</summary>
    /// <param name="samples">N.</param>
    /// <param name="tokens">n, rows per sample.</param>
    /// <param name="columns">d.</param>
    public SampleSpectra(int samples, int tokens, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        _extremes = new ExtremeSingularValues(tokens, columns);
        _largest = new double[samples];
        _smallest = new double[samples];
        _conditionNumbers = new double[samples];
        (_tokens, _columns) = (tokens, columns);
    }

    /// <summary>The extremes over the samples of <paramref name="stacked"/>.</summary>
    /// <param name="stacked">H [N·n, d], sample after sample.</param>
    /// <exception cref="ArgumentException">The shape is not the one reserved.</exception>
    public SampleSpectrumSummary Compute(in Matrix stacked)
    {
        int samples = _conditionNumbers.Length;
        if (stacked.Rows != samples * _tokens || stacked.Columns != _columns)
        {
            throw new ArgumentException(
                $"H must be [{samples * _tokens}, {_columns}] for {samples} samples but is {stacked}.", nameof(stacked));
        }

        _extremes.Compute(stacked, _largest, _smallest);
        double smallest = double.PositiveInfinity;
        int belowFloor = 0;
        for (int i = 0; i < samples; i++)
        {
            double floor = SpectrumSummary.FloorOf(_largest[i], _tokens);
            double trusted = _smallest[i] < floor ? 0 : _smallest[i];
            _conditionNumbers[i] = _largest[i] == 0 ? double.PositiveInfinity : _largest[i] / Math.Max(trusted, floor);
            smallest = Math.Min(smallest, trusted);
            belowFloor += trusted > 0 ? 0 : 1;
        }

        // NaN sorts first; Math.Min has let it through as well.
        Array.Sort(_conditionNumbers);
        double median = (_conditionNumbers[(samples - 1) / 2] + _conditionNumbers[samples / 2]) / 2;
        bool isFinite = !double.IsNaN(_conditionNumbers[0]);
        return new SampleSpectrumSummary(
            smallest, isFinite ? _conditionNumbers[^1] : double.NaN, isFinite ? median : double.NaN, belowFloor, _tokens > _columns);
    }
}

/// <summary>Extremes over samples of per-sample spectra.</summary>
/// <param name="SigmaMin">Smallest over samples of the smallest of the min(n, d)
/// values; 0 when one is below its floor; NaN when one is not finite.</param>
/// <param name="ConditionNumberMax">Largest κ over samples; a lower bound when
/// <paramref name="BelowFloor"/> is positive; NaN when one is not finite.</param>
/// <param name="ConditionNumberMedian">Median κ over samples (mean of the middle two); NaN when one is not finite.</param>
/// <param name="BelowFloor">Number of samples whose smallest value is below the floor, zero or not finite.</param>
/// <param name="IsRankLimited">Whether n exceeds d: the row side σ_n of every sample
/// is then 0, and the numbers here are those of the d values there are.</param>
public readonly record struct SampleSpectrumSummary(
    double SigmaMin, double ConditionNumberMax, double ConditionNumberMedian, int BelowFloor, bool IsRankLimited);
