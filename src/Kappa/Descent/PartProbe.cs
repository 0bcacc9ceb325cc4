using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Descent;

/// <summary>Measures one stacked matrix [M, d] of a layer: its spectrum,
/// that of each sample, and how alike its tokens are (P.1–P.3).</summary>
internal sealed class PartProbe
{
    private static readonly (Quantity Quantity, PartValue Value)[] Measured =
    [
        (Quantities.SigmaMax, (in part) => part.Spectrum.SigmaMax),
        (Quantities.SigmaMin, (in part) => part.Spectrum.SigmaMinRow),
        (Quantities.SigmaMinNonzero, (in part) => part.Spectrum.SigmaMinNonzero),
        (Quantities.ConditionNumber, (in part) => part.Spectrum.ConditionNumber),
        (Quantities.ConditionNumberNonzero, (in part) => part.Spectrum.ConditionNumberNonzero),
        (Quantities.NumericalRank, (in part) => part.Spectrum.NumericalRank),
        (Quantities.EffectiveRank, (in part) => part.Spectrum.EffectiveRank),
        (Quantities.StableRank, (in part) => part.Spectrum.StableRank),
        (Quantities.RankOneDistance, (in part) => part.Tokens.RankOneDistance),
        (Quantities.TokenCosine, (in part) => part.Tokens.TokenCosine),
        (Quantities.SampleSigmaMin, (in part) => part.Samples.IsRankLimited ? 0 : part.Samples.SigmaMin),
        (Quantities.SampleConditionNumber, (in part) => part.Samples.ConditionNumberMax),
    ];

    private static readonly Quantity[] OfTokens = [Quantities.RankOneDistance, Quantities.TokenCosine];
    private static readonly Quantity[] OfSamples = [Quantities.SampleSigmaMin, Quantities.SampleConditionNumber];

    private readonly bool[] _isMeasured;
    private readonly bool _measuresTokens;
    private readonly bool _measuresSamples;
    private readonly int _samples;
    private readonly SingularValues _factorisation;
    private readonly double[] _values;
    private readonly SampleSpectra _sampleSpectra;
    private readonly double[] _quantities = new double[Measured.Length];

    public PartProbe(string name, int rows, int columns, int samples, Func<string, bool> isWanted)
    {
        _samples = samples;
        _measuresTokens = OfTokens.Any(quantity => isWanted(quantity.Of(name)));
        _measuresSamples = OfSamples.Any(quantity => isWanted(quantity.Of(name)));
        _isMeasured = [
            .. Measured.Select(one =>
                OfTokens.Contains(one.Quantity) ? _measuresTokens : !OfSamples.Contains(one.Quantity) || _measuresSamples)];
        _factorisation = new SingularValues(rows, columns);
        _values = new double[Math.Min(rows, columns)];
        _sampleSpectra = new SampleSpectra(samples, rows / samples, columns);
    }

    /// <summary>The columns of a part of a name.</summary>
    public static IEnumerable<string> ColumnsOf(string name) => Measured.Select(measured => measured.Quantity.Of(name));

    public double[] SingularValues => _values;

    /// <summary>Measures the part.</summary>
    public void Measure(in Matrix matrix)
    {
        _factorisation.Compute(matrix, _values);
        var part = new MeasuredPart(
            SpectrumSummary.Of(_values, matrix.Rows, matrix.Columns),
            _measuresTokens ? TokenStatistics.Of(matrix, _samples) : default,
            _measuresSamples ? _sampleSpectra.Compute(matrix) : default);
        for (int k = 0; k < _quantities.Length; k++)
        {
            _quantities[k] = _isMeasured[k] ? Measured[k].Value(part) : double.NaN;
        }
    }

    /// <summary>Writes the part's quantities in the order of <see cref="ColumnsOf"/> and returns how many.</summary>
    public int Write(Span<double> row)
    {
        _quantities.CopyTo(row);
        return _quantities.Length;
    }

    private delegate double PartValue(in MeasuredPart part);

    private readonly record struct MeasuredPart(SpectrumSummary Spectrum, TokenStatistics Tokens, SampleSpectrumSummary Samples);
}
