using Kappa.Models;

namespace Kappa.Certificates;

/// <summary>Where a statement comes from.</summary>
/// <param name="Key">Key of the sources page, for example <c>A</c> or <c>K</c>.</param>
/// <param name="Citation">Authors, title, identifier.</param>
/// <param name="AsRecalled">Whether the statement was remembered and not compared with the text.</param>
public sealed record Source(string Key, string Citation, bool AsRecalled = false)
{
    internal static Source Derived { get; } = new("K", "Derived for this project; proof on its page.");

    internal static Source NguyenMondelli(string part) => new(
        "NM",
        "Q. Nguyen, M. Mondelli, Global Convergence of Deep Networks with One Wide Layer Followed by Pyramidal Topology, "
            + $"arXiv 2002.07867: {part}",
        AsRecalled: true);

    internal static Source Song(string part) => new(
        "B",
        "B. Song, B. Han, S. Zhang, J. Ding, M. Hong, Unraveling the Gradient Descent Dynamics of Transformers, "
            + $"arXiv 2411.07538: {part}",
        AsRecalled: true);

    internal static Source Wu(string part) => new(
        "C", $"Y. Wu, F. Liu, G. Chrysos, V. Cevher, On the Convergence of Encoder-only Shallow Transformers, arXiv 2311.01575: {part}",
        AsRecalled: true);
}

/// <summary>What a theorem says of itself.</summary>
/// <param name="Name">Short lower-case name for the command line.</param>
/// <param name="Label">Equation label of the statement.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Statement">Hypotheses and conclusion, in words and symbols, self-contained.</param>
/// <param name="Page">The page with the proof, relative to the repository.</param>
/// <param name="Sources">Where the statement comes from.</param>
internal sealed record TheoremText(
    string Name, string Label, string Title, string Statement, string Page, IReadOnlyList<Source> Sources);

/// <summary>What a certificate is asked for beyond the point itself.</summary>
public sealed record CertificateOptions
{
    /// <summary>Every default.</summary>
    public static CertificateOptions Default { get; } = new();

    /// <summary>η that the guarantee must be for; <c>null</c> lets the theorem choose its own.</summary>
    public double? StepSize { get; init; }

    /// <summary>h of the path certificate's own step size η = 1/(hΛ²): 1 for speed, 2 to certify earlier at half the step.</summary>
    public double StepDivisor { get; init; } = 1;

    /// <summary>f: the smallest share of its first value that the feature floor may fall to
    /// along the path; larger keeps the guaranteed rate nearer to the measured one.</summary>
    public double FloorFraction { get; init; } = 0.6;

    /// <summary>Pieces that the path is divided into; more certify slightly earlier and cost in proportion.</summary>
    public int Pieces { get; init; } = 12;

    /// <summary>Whether a certificate that fails shall find by which factor the residual
    /// is too large, at the price of about ten more marches. Default true.</summary>
    public bool MeasuresShortfall { get; init; } = true;

    /// <summary>Most bytes for a Jacobian, where a theorem needs one in full.</summary>
    public long MemoryLimit { get; init; } = 1L << 30;

    /// <summary>Whether to refine (C.14) by norms over all blocks together and by
    /// p piece by piece; without that it certifies the same or less.</summary>
    internal bool UsesRefinements { get; init; } = true;

    internal void Validate()
    {
        if (StepSize is double eta && !(eta > 0 && double.IsFinite(eta)))
        {
            throw new ArgumentException($"A step size must be a positive number but is {eta}.");
        }

        if (!(StepDivisor > 0.5 && double.IsFinite(StepDivisor)))
        {
            throw new ArgumentException($"The divisor h of η = 1/(hΛ²) must exceed 1/2, for ηΛ² must stay below 2, but is {StepDivisor}.");
        }

        if (!(FloorFraction is > 0 and < 1))
        {
            throw new ArgumentException($"The floor fraction must lie between 0 and 1 but is {FloorFraction}.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Pieces);
    }
}

/// <summary>One convergence theorem: its statement and source, and its conditions as code.</summary>
/// <remarks>
/// One file a theorem, listed in <see cref="Theorems"/>. Stateless and thread-safe. The folders below, each of which may use those before
/// it: Enclosures (exact numbers with the error of computing them), Ball and Path (the certificates of model R; the remarks of
/// BallCertificate and PathCertificate draw their chains from the centre to the verdict), KernelAttention and ShallowEncoder (what is
/// proven about models G and S).
/// </remarks>
public abstract class Theorem
{
    private readonly TheoremText _text;

    private protected Theorem(TheoremText text) => _text = text;

    /// <summary>Short lower-case name for the command line.</summary>
    public string Name => _text.Name;

    /// <summary>Equation label of the statement.</summary>
    public string Label => _text.Label;

    /// <summary>What it is called.</summary>
    public string Title => _text.Title;

    /// <summary>Hypotheses and conclusion, in words and symbols, self-contained.</summary>
    public string Statement => _text.Statement;

    /// <summary>The page with the proof, relative to the repository.</summary>
    public string Page => _text.Page;

    /// <summary>Where the statement comes from.</summary>
    public IReadOnlyList<Source> Sources => _text.Sources;

    /// <summary>Whether it can ever certify; <see langword="false"/> for one that excludes,
    /// speaks of a limit or has a conclusion that is not proven for a finite step.</summary>
    public virtual bool CanCertify => true;

    /// <summary>The form of model that it is about, in words.</summary>
    public virtual string Subject => Theorems.ResidualTransformer;

    /// <summary>Whether it is about a model: a question of its form and data alone.</summary>
    /// <param name="model">Any.</param>
    public virtual bool IsAbout(IModel model) => model is ResidualTransformer;

    /// <summary>Computes the conditions at a point of any model and says what follows.</summary>
    /// <param name="model">The model on its data, in double precision unless it is model R.</param>
    /// <param name="parameters">θ_0; not changed.</param>
    /// <param name="trained">The trained matrices; the others are constants.</param>
    /// <param name="options">What is asked; <c>null</c> for the defaults.</param>
    /// <returns>A value, also when the theorem is about another model, does not apply, or a condition fails.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or the layout differs.</exception>
    public Certificate Evaluate(IModel model, ModelParameters parameters, TrainedSet trained, CertificateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        CertificateOptions asked = options ?? CertificateOptions.Default;
        asked.Validate();
        return IsAbout(model)
            ? EvaluateOwn(model, parameters, trained, asked)
            : Certificate.NotApplicable(this, Theorems.WhyNotAbout(this, model));
    }

    /// <summary>Computes the conditions at a point of model R and says what follows.</summary>
    /// <param name="point">Model, data, weights θ_0 and trained blocks.</param>
    /// <param name="options">What is asked; <c>null</c> for the defaults.</param>
    /// <returns>A value, also when the theorem does not apply or a condition fails.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Certificate Evaluate(ResidualTransformerPoint point, CertificateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(point);
        CertificateOptions asked = options ?? CertificateOptions.Default;
        asked.Validate();
        string? reason = WhyNotApplicable(point);
        return reason is null ? Compute(point, asked) : Certificate.NotApplicable(this, reason);
    }

    private protected virtual Certificate EvaluateOwn(
        IModel model, ModelParameters parameters, TrainedSet trained, CertificateOptions options)
    {
        using var point = ResidualTransformerPoint.Of((ResidualTransformer)model, parameters, trained);
        return Evaluate(point, options);
    }

    /// <summary>Why the theorem is not about this point, with what to do; <c>null</c> when it is.</summary>
    internal abstract string? WhyNotApplicable(ResidualTransformerPoint point);

    /// <summary>The conditions and the conclusion at a point that the theorem is about.</summary>
    internal abstract Certificate Compute(ResidualTransformerPoint point, CertificateOptions options);
}
