using System.Globalization;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>How a <see cref="CertifiableInitialisation"/> is looked for.</summary>
public sealed record ScaleSearch
{
    /// <summary>c_max: the search gives up beyond it.</summary>
    public double Largest { get; init; } = 1e8;

    /// <summary>The search does not go below it.</summary>
    public double Smallest { get; init; } = 1e-4;

    /// <summary>The bracket ends when the certified c exceeds the largest one
    /// below it that is not certified by no more than this share.</summary>
    public double Tolerance { get; init; } = 0.01;

    internal void Validate()
    {
        if (!(Smallest > 0 && Smallest <= 1 && Largest >= 1 && double.IsFinite(Largest)))
        {
            throw new ArgumentException(
                $"The search must begin between its limits, 0 < smallest ≤ 1 ≤ largest, but they are {Smallest} and {Largest}.");
        }

        if (!(Tolerance is >= 1e-9 and < 1))
        {
            throw new ArgumentException($"The tolerance of the search must lie in [1e-9, 1) but is {Tolerance}.");
        }
    }
}

/// <summary>The price of a certificate (C.11): the smallest factor c for which a theorem guarantees convergence
/// from W_2 = 0 and c·W_1 of the last block, the bend ε of the activation multiplied by c as well.</summary>
/// <remarks>
/// Theory: ball certificate, C.11. Since ψ_{cε}(cx) = c ψ_ε(x) this multiplies Φ of the last block by c and changes nothing else in a model
/// of one block; deeper, the blocks below keep their weights and have the wider bend too, for ε belongs to the shape. c is found by
/// doubling or halving from 1 and bisection of log c: it is certified, and a c smaller by the tolerance was tried and is not. Whether some
/// still smaller one is, is not excluded. For model S the same from w_O = 0 and c·W_V, which multiplies F_pre by c. A value.
/// </remarks>
public sealed record CertifiableInitialisation
{
    private const double BracketFactor = 4;

    /// <summary>The theorem asked.</summary>
    public required Theorem Theorem { get; init; }

    /// <summary>What is set to zero and what is scaled, for example <c>W_2 = 0 and c·W_1</c>.</summary>
    public required string Recipe { get; init; }

    /// <summary>c; <c>null</c> when none was found.</summary>
    public double? Scale { get; init; }

    /// <summary>The largest c below <see cref="Scale"/> that was tried and is not
    /// certified; <c>null</c> when the smallest allowed one is certified.</summary>
    public double? NotCertifiedScale { get; init; }

    /// <summary>The certificate at <see cref="Scale"/>, with η and the guaranteed rate; otherwise that of the last c tried.</summary>
    public required Certificate Certificate { get; init; }

    /// <summary>Evaluations of the theorem.</summary>
    public required int Tries { get; init; }

    /// <summary>Limits and tolerance of the search.</summary>
    public required ScaleSearch Search { get; init; }

    /// <summary>One sentence: what was found.</summary>
    public required string Explanation { get; init; }

    /// <summary>Finds c.</summary>
    /// <param name="theorem">Any theorem.</param>
    /// <param name="point">Model, data, weights to be scaled and trained blocks.</param>
    /// <param name="options">What the theorem is asked; <c>null</c> for the defaults.</param>
    /// <param name="search">Limits; <c>null</c> for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static CertifiableInitialisation Find(
        Theorem theorem, ResidualTransformerPoint point, CertificateOptions? options = null, ScaleSearch? search = null)
    {
        ArgumentNullException.ThrowIfNull(theorem);
        ArgumentNullException.ThrowIfNull(point);
        return new Bisection(
            theorem, "W_2 = 0 and c·W_1", WhyNotScalable(point), Within(search ?? new ScaleSearch(), point.Shape.Activation),
            AtScale).Run();

        Certificate AtScale(double c)
        {
            using ResidualTransformerPoint scaled = At(point, c);
            return theorem.Evaluate(scaled, options);
        }
    }

    /// <summary>Finds c for model S: w_O = 0 and c·W_V.</summary>
    /// <param name="theorem">A theorem about model S.</param>
    /// <param name="point">Model, data, parameters to be scaled and trained matrices.</param>
    /// <param name="options">What the theorem is asked; <c>null</c> for the defaults.</param>
    /// <param name="search">Limits; <c>null</c> for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static CertifiableInitialisation Find(
        ShallowEncoderTheorem theorem, TransformerPoint point, CertificateOptions? options = null, ScaleSearch? search = null)
    {
        ArgumentNullException.ThrowIfNull(theorem);
        ArgumentNullException.ThrowIfNull(point);
        string? reason = theorem.CanCertify
            ? null
            : $"The theorem ({theorem.Label}) guarantees nothing for a finite step at any scale; ask wide-encoder.";
        return new Bisection(theorem, "w_O = 0 and c·W_V", reason, search, c => theorem.Evaluate(At(point, c), options)).Run();
    }

    /// <summary>The point of model S with w_O = 0 and W_V scaled by <paramref name="scale"/>.</summary>
    /// <param name="point">Not changed.</param>
    /// <param name="scale">c &gt; 0.</param>
    /// <exception cref="ArgumentException">The scale is not positive.</exception>
    public static TransformerPoint At(TransformerPoint point, double scale)
    {
        ArgumentNullException.ThrowIfNull(point);
        RequireScale(scale);
        ModelParameters parameters = point.Parameters.Clone();
        Vectors.Scale(parameters["value"].Span, scale);
        parameters["readout"].Fill(0);
        return new TransformerPoint(point.Model, parameters, point.Trained);
    }

    /// <summary>The point with W_2 = 0 and W_1 and ε scaled by <paramref name="scale"/> (C.11), the forward pass done.</summary>
    /// <param name="point">Not changed.</param>
    /// <param name="scale">c &gt; 0.</param>
    /// <returns>A point of its own, to be disposed of.</returns>
    /// <exception cref="ArgumentException">The activation is GELU, whose bend
    /// has no width to scale, or the scaled shape is not valid.</exception>
    public static ResidualTransformerPoint At(ResidualTransformerPoint point, double scale)
    {
        ArgumentNullException.ThrowIfNull(point);
        RequireScale(scale);
        if (WhyNotScalable(point) is string reason)
        {
            throw new ArgumentException(reason, nameof(point));
        }

        Activation activation = point.Shape.Activation;
        var weights = new ResidualTransformerWeights(
            point.Shape with { Activation = activation with { Smoothing = activation.Smoothing * scale } });
        weights.CopyFrom(point.Weights);
        BlockWeights last = weights.Block(point.Shape.Depth - 1);
        Vectors.Scale(last.FfnIn.Span, scale);
        last.FfnOut.Fill(0);
        return new ResidualTransformerPoint(point.Model.Inputs, point.Model.Samples, point.Model.Targets, weights, point.Trained);
    }

    // c·ε must stay a width that an activation may have.
    private static ScaleSearch Within(ScaleSearch search, Activation activation)
    {
        search.Validate();
        return activation.Kind != ActivationKind.SmoothLeakyRelu ? search : search with
        {
            Largest = Math.Clamp(Activation.LargestSmoothing / activation.Smoothing, 1, search.Largest),
            Smallest = Math.Clamp(Activation.SmallestSmoothing / activation.Smoothing, search.Smallest, 1),
        };
    }

    private static void RequireScale(double scale)
    {
        if (!(scale > 0 && double.IsFinite(scale)))
        {
            throw new ArgumentException($"The scale must be a positive number but is {scale}.", nameof(scale));
        }
    }

    private static string? WhyNotScalable(ResidualTransformerPoint point) =>
        point.Shape.Activation.Kind == ActivationKind.Gelu
            ? "W_1 and the bend of the activation must scale together but GELU has no width to scale; take the smooth leaky ReLU or the "
                + "identity."
            : null;

    private sealed class Bisection
    {
        private readonly Theorem _theorem;
        private readonly string _recipe;
        private readonly string? _whyNotScalable;
        private readonly ScaleSearch _limits;
        private readonly Func<double, Certificate> _at;
        private double? _certified;
        private double? _notCertified;
        private Certificate? _best;
        private Certificate? _last;
        private int _tries;

        public Bisection(Theorem theorem, string recipe, string? whyNotScalable, ScaleSearch? limits, Func<double, Certificate> at)
        {
            (_theorem, _recipe, _whyNotScalable, _limits, _at) = (theorem, recipe, whyNotScalable, limits ?? new ScaleSearch(), at);
            _limits.Validate();
        }

        public CertifiableInitialisation Run()
        {
            if (_whyNotScalable is string reason)
            {
                return Result(Certificate.NotApplicable(_theorem, reason), reason);
            }

            for (
                double c = 1; !IsBracketed(c); c = Math.Clamp(
                    Try(c) ? c / BracketFactor : c * BracketFactor, _limits.Smallest, _limits.Largest))
            {
                if (_last is { Outcome: CertificateOutcome.NotApplicable })
                {
                    return Result(_last, _last.Explanation);
                }
            }

            while (_certified is double holds && _notCertified is double fails && holds > (1 + _limits.Tolerance) * fails)
            {
                // The product of the roots neither over- nor underflows where the root of
                // the product would; between two neighbouring doubles there is no middle.
                double middle = Math.Sqrt(holds) * Math.Sqrt(fails);
                if (!(middle > fails && middle < holds))
                {
                    break;
                }

                _ = Try(middle);
            }

            return Result(_best ?? _last!, Describe());
        }

        // Bracketed from both sides, or c has been tried and is a limit.
        private bool IsBracketed(double c) =>
            (_certified is not null && _notCertified is not null) || c == _certified || c == _notCertified;

        private bool Try(double c)
        {
            _tries++;
            _last = _at(c);
            bool isCertified = _last.Outcome == CertificateOutcome.Guaranteed;
            if (isCertified)
            {
                (_certified, _best) = (c, _last);
            }
            else
            {
                _notCertified = c;
            }

            return isCertified;
        }

        private string Describe() => _certified is not double c
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"No factor c up to {NumberText.Of(_limits.Largest)} is certified; at {NumberText.Of(_notCertified ?? double.NaN)}: "
                    + $"{_last!.Explanation}")
            : _notCertified is double fails
                ? Invariant($"Convergence is guaranteed from c = {NumberText.Of(c)}; c = {NumberText.Of(fails)} is not certified.")
                : Invariant($"Convergence is guaranteed from c = {NumberText.Of(c)}, the smallest factor that was asked for.");

        private CertifiableInitialisation Result(Certificate certificate, string explanation) => new()
        {
            Theorem = _theorem,
            Recipe = _recipe,
            Scale = _certified,
            NotCertifiedScale = _notCertified,
            Certificate = certificate,
            Tries = _tries,
            Search = _limits,
            Explanation = explanation,
        };

        private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
