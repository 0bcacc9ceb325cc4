using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>The extremes over samples of the spectra of H_i [n, d], one matrix per sample (P.2): n ≤ d is the usual case, where the row side is full.</summary>
/// <remarks>Owns its workspace, allocates nothing per call; one instance per thread. Cost N singular value problems of [n, d].</remarks>
public sealed class SampleSpectra
{
    private readonly SingularValues _singularValues;
    private readonly double[] _values;
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
        _singularValues = new SingularValues(tokens, columns);
        _values = new double[Math.Min(tokens, columns)];
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
            throw new ArgumentException($"H must be [{samples * _tokens}, {_columns}] for {samples} samples but is {stacked}.", nameof(stacked));
        }

        double smallest = double.PositiveInfinity;
        int belowFloor = 0;
        for (int i = 0; i < samples; i++)
        {
            _singularValues.Compute(stacked.RowRange(i * _tokens, _tokens), _values);
            SpectrumSummary summary = SpectrumSummary.Of(_values, _tokens, _columns);
            smallest = Math.Min(smallest, summary.SigmaMin);
            _conditionNumbers[i] = summary.ConditionNumber;
            belowFloor += summary.Status is SpectrumStatus.WellDefined || (summary.Status is SpectrumStatus.RankLimited && !summary.IsNumericallyDeficient) ? 0 : 1;
        }

        // NaN sorts first; Math.Min has let it through as well.
        Array.Sort(_conditionNumbers);
        double median = (_conditionNumbers[(samples - 1) / 2] + _conditionNumbers[samples / 2]) / 2;
        bool isFinite = !double.IsNaN(_conditionNumbers[0]);
        return new SampleSpectrumSummary(smallest, isFinite ? _conditionNumbers[^1] : double.NaN, isFinite ? median : double.NaN, belowFloor, _tokens > _columns);
    }
}

/// <summary>Extremes over samples of per-sample spectra.</summary>
/// <param name="SigmaMin">Smallest over samples of the smallest of the min(n, d) values; 0 when one is below its floor; NaN when one is not finite.</param>
/// <param name="ConditionNumberMax">Largest κ over samples; a lower bound when <paramref name="BelowFloor"/> is positive; NaN when one is not finite.</param>
/// <param name="ConditionNumberMedian">Median κ over samples (mean of the middle two); NaN when one is not finite.</param>
/// <param name="BelowFloor">Number of samples whose smallest value is below the floor, zero or not finite.</param>
/// <param name="IsRankLimited">Whether n exceeds d: the row side σ_n of every sample is then 0, and the numbers here are those of the d values there are.</param>
public readonly record struct SampleSpectrumSummary(double SigmaMin, double ConditionNumberMax, double ConditionNumberMedian, int BelowFloor, bool IsRankLimited);
