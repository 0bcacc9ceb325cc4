using System.Globalization;
using Kappa.Certificates;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Oracle;

/// <summary>Draws for points that are made to fool a certificate, and what is compared with the 50-digit truth.</summary>
/// <remarks>
/// A point's numbers are its doubles, the temperature included: they are taken over exactly and everything after them is computed in 77
/// digits. Draws are multiples of 1/64 where a structure must hold exactly. <c>KAPPA_ORACLE_CASES</c> sets how many points a test looks at,
/// <c>KAPPA_ORACLE_SHOW</c> how many faults it prints.
/// </remarks>
internal sealed class OracleCase
{
    private readonly RandomSequence _random;
    private readonly double[] _one = new double[1];
    private long _drawn;

    public OracleCase(string name, int seed) =>
        (_random, Name) = (new RandomSequence(seed, name), FormattableString.Invariant($"{name} {seed}"));

    public string Name { get; private set; }

    /// <summary>Seeds of a test: its own few hundred, or as many as are asked for.</summary>
    public static int Count(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("KAPPA_ORACLE_CASES"), CultureInfo.InvariantCulture, out int asked) ? asked : usual;

    /// <summary>A standard Gaussian.</summary>
    public double Gaussian()
    {
        _random.FillGaussian(_one, _drawn++);
        return _one[0];
    }

    /// <summary>0, …, count − 1.</summary>
    public int Next(int count) => (int)_random.Below((1L << 40) + _drawn++, count);

    /// <summary>A multiple of 1/64 of a size around 1.</summary>
    public double Dyadic() => Math.Round(Gaussian() * 64) / 64;

    /// <summary>0 or a power of ten from 1 to 1e14, rounded to a power of two or not.</summary>
    public double CommonPart()
    {
        double power = Math.Pow(10, Next(15));
        return Next(4) switch
        {
            0 => 0,
            1 => Math.ScaleB(1, (int)Math.Round(Math.Log2(power))),
            _ => power,
        };
    }

    public static Matrix<double> Filled(int rows, int columns, Func<double> draw)
    {
        var matrix = Matrix<double>.Allocate(rows, columns);
        foreach (ref double x in matrix.Span)
        {
            x = draw();
        }

        return matrix;
    }

    /// <summary>Adds a word about what was drawn, for the message of a failure.</summary>
    public void Say(string what) => Name += $", {what}";

    /// <summary>The value of a constant, or <c>null</c> when the certificate has none of that symbol.</summary>
    public static double? Find(Certificate certificate, string symbol) =>
        certificate.Constants.FirstOrDefault(constant => constant.Symbol == symbol)?.Value;

    /// <summary>What was found wrong, one line each.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Fails with the first faults, or where one side of a test was empty: nothing certified, or no degenerate point.</summary>
    public static void Report(List<string> faults, int points, int certified, int regular)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{points} points, {regular} of them regular, {certified} certificates, {faults.Count} faults.");
        string? asked = Environment.GetEnvironmentVariable("KAPPA_ORACLE_SHOW");
        IEnumerable<string> some = faults.Take(int.TryParse(asked, CultureInfo.InvariantCulture, out int shown) ? shown : 12);
        Assert.True(faults.Count == 0, $"{faults.Count} faults at {points} points, among them:\n{string.Join('\n', some)}");
        Assert.True(certified > 0 && regular < points, $"{certified} certified, {regular} of {points} regular.");
    }

    /// <summary>A floor is at most the truth; the truth is right to 1e-36 of <paramref name="size"/>.</summary>
    public void AtMost(BigReal truth, BigReal size, double? floor, string what)
    {
        if (floor is double value && !(double.IsFinite(value) && value <= (truth * (1 + 1e-30)) + (size * 1e-36)))
        {
            Faults.Add($"{Name}: {what} must be at most {truth} but is {value:R}.");
        }
    }

    /// <summary>An upper constant is at least the truth; infinity is a bound, NaN is none.</summary>
    public void AtLeast(BigReal truth, double? bound, string what)
    {
        if (bound is double value && !double.IsPositiveInfinity(value) && (double.IsNaN(value) || value < truth * (1 - 1e-30)))
        {
            Faults.Add($"{Name}: {what} must be at least {truth} but is {value:R}.");
        }
    }

    /// <summary>A certificate is allowed only where the exact Jacobian has full row rank.</summary>
    public void CertifiedOnlyIf(bool isRegular, Certificate certificate)
    {
        if (!isRegular && certificate.Outcome == CertificateOutcome.Guaranteed)
        {
            Faults.Add($"{Name}: certified by {certificate.Theorem.Label} although zero loss is out of reach: {certificate.Explanation}");
        }
    }
}

/// <summary>Rewriting of rows.</summary>
internal static class RowEdits
{
    /// <summary>x_j ← f(j, x_j).</summary>
    public static void ForEach(this Span<double> row, Func<int, double, double> function)
    {
        for (int j = 0; j < row.Length; j++)
        {
            row[j] = function(j, row[j]);
        }
    }
}
