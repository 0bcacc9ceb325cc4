namespace Kappa.Lab.Selftest;

/// <summary>One comparison of the program with something it must agree with, on this machine.</summary>
/// <param name="Group">What kind of comparison: reference values, gradient
/// checks, closed forms, single precision, same bits, certified runs.</param>
/// <param name="Name">What is compared.</param>
/// <param name="Error">The largest deviation, in the measure that <paramref name="Measure"/> names.</param>
/// <param name="Tolerance">The largest deviation that passes.</param>
/// <param name="Measure">What the deviation is relative to.</param>
internal sealed record SelftestCheck(string Group, string Name, double Error, double Tolerance, string Measure)
{
    /// <summary>Whether the deviation is within the tolerance; NaN is not.</summary>
    public bool Passed => Error <= Tolerance;
}
