using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Descent;

/// <summary>Measures one stacked matrix [M, d] of a layer: its spectrum, that of each sample, and how alike its tokens are (P.1–P.3).</summary>
internal sealed class PartProbe
{
    private static readonly string[] Quantities =
    [
        "sigmaMax", "sigmaMin", "sigmaMinNonzero", "conditionNumber", "conditionNumberNonzero", "numericalRank", "effectiveRank", "stableRank",
        "rankOneDistance", "tokenCosine", "sampleSigmaMin", "sampleConditionNumber",
    ];

    private readonly string _name;
    private readonly int _samples;
    private readonly SingularValues _factorisation;
    private readonly double[] _values;
    private readonly SampleSpectra _sampleSpectra;
    private readonly double[] _quantities = new double[Quantities.Length];

    public PartProbe(string name, int rows, int columns, int samples)
    {
        _name = name;
        _samples = samples;
        _factorisation = new SingularValues(rows, columns);
        _values = new double[Math.Min(rows, columns)];
        _sampleSpectra = new SampleSpectra(samples, rows / samples, columns);
    }

    public IEnumerable<string> Columns => Quantities.Select(quantity => $"{_name}.{quantity}");

    public double[] SingularValues => _values;

    /// <summary>Measures the part.</summary>
    public void Measure(in Matrix matrix)
    {
        _factorisation.Compute(matrix, _values);
        SpectrumSummary spectrum = SpectrumSummary.Of(_values, matrix.Rows, matrix.Columns);
        TokenStatistics tokens = TokenStatistics.Of(matrix, _samples);
        SampleSpectrumSummary samples = _sampleSpectra.Compute(matrix);
        ReadOnlySpan<double> values =
        [
            spectrum.SigmaMax, spectrum.SigmaMinRow, spectrum.SigmaMinNonzero, spectrum.ConditionNumber, spectrum.ConditionNumberNonzero, spectrum.NumericalRank,
            spectrum.EffectiveRank, spectrum.StableRank, tokens.RankOneDistance, tokens.TokenCosine, samples.IsRankLimited ? 0 : samples.SigmaMin, samples.ConditionNumberMax,
        ];
        values.CopyTo(_quantities);
    }

    /// <summary>Writes the part's quantities in the order of <see cref="Columns"/> and returns how many.</summary>
    public int Write(Span<double> row)
    {
        _quantities.CopyTo(row);
        return _quantities.Length;
    }
}
