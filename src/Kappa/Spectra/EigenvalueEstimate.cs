namespace Kappa.Spectra;

/// <summary>An end of a spectrum as Lanczos sees it (P.7): estimated, never proven.</summary>
/// <remarks>
/// What is certain up to rounding: some eigenvalue lies within <see cref="Residual"/> of <see cref="Value"/>, and, Value being a Rayleigh
/// quotient, a largest eigenvalue is not below it and a smallest one not above it. That the eigenvalue found is the extreme one rests on
/// the random start. So Value ± Residual is no bound of the spectrum, and a smallest value no PL constant.
/// </remarks>
/// <param name="Value">The Ritz value θ; from inside the spectrum.</param>
/// <param name="Residual">‖A y − θ y‖ at the unit Ritz vector y, and the rounding of the products.</param>
/// <param name="Converged">Whether the residual came below the tolerance times |θ|, or to the rounding of the products.</param>
public readonly record struct EigenvalueEstimate(double Value, double Residual, bool Converged);
