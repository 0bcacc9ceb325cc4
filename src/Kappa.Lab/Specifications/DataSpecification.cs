namespace Kappa.Lab.Specifications;

/// <summary>Where inputs and targets come from.</summary>
public enum DataSource
{
    /// <summary>Gaussian tokens and Gaussian targets, independent of each other.</summary>
    Gaussian,

    /// <summary>Gaussian tokens; the targets are the output of a second model of the same shape.</summary>
    Teacher,

    /// <summary>Byte windows of text; the target of a byte is the embedding of the next one.</summary>
    Text,

    /// <summary>The user's own arrays.</summary>
    Arrays,

    /// <summary>Gaussian tokens, correlated within and between samples, with one number as the label of a sample.</summary>
    Correlated,

    /// <summary>Pictures of digits: the MNIST files, or the stand-in of our own strokes.</summary>
    Digits,

    /// <summary>Pathfinder pictures: the published folder, or our own generator.</summary>
    Pathfinder,

    /// <summary>Labelled texts byte by byte: the IMDb folder, or the stand-in of our own sentences.</summary>
    Reviews,
}

/// <summary>The labels of correlated samples.</summary>
public enum SampleLabels
{
    /// <summary>Independent N(0, 1).</summary>
    Gaussian,

    /// <summary>The value that attention finds.</summary>
    Attention,
}

/// <summary>Inputs X [N·n, d] and targets Y [N·n, d_out].</summary>
public sealed record DataSpecification
{
    /// <summary>Where they come from.</summary>
    public DataSource Source { get; init; }

    /// <summary>Number of samples N; <see langword="null"/> means 2, or what the user's arrays hold.</summary>
    public int? Samples { get; init; }

    /// <summary>Tokens per sample n; <see langword="null"/> means 4, or what the user's arrays hold.</summary>
    public int? Tokens { get; init; }

    /// <summary>Standard deviation of a token's entries (gaussian, teacher); <see langword="null"/> means 1/√d.</summary>
    public double? TokenScale { get; init; }

    /// <summary>Standard deviation of a target's entries (gaussian); <see langword="null"/> means 1/√d.</summary>
    public double? TargetScale { get; init; }

    /// <summary>
    /// δ: targets at the distance δ‖F_0‖ from the output F_0 at the start, in a random direction (gaussian); <see langword="null"/> means
    /// targets that know nothing of the model.
    /// </summary>
    public double? TargetDistance { get; init; }

    /// <summary>Correlation in [0, 1) between the tokens of one sample (gaussian, teacher).</summary>
    public double Correlation { get; init; }

    /// <summary>Correlation in [0, 1) between samples at the same token (correlated).</summary>
    public double SampleCorrelation { get; init; }

    /// <summary>Whether the tokens of every sample sum to zero (correlated).</summary>
    public bool Centred { get; init; }

    /// <summary>The labels (correlated).</summary>
    public SampleLabels Labels { get; init; }

    /// <summary>Side of a patch of a picture (digits, pathfinder); <see langword="null"/> makes a token of every pixel's byte.</summary>
    public int? Patch { get; init; }

    /// <summary>Dashes of a long contour (pathfinder): 6, 9 or 14 as published.</summary>
    public int ContourLength { get; init; } = 6;

    /// <summary>Samples to test on (digits, pathfinder, reviews).</summary>
    public int? TestSamples { get; init; }

    /// <summary>Both residual coefficients ρ_a = ρ_f of the teacher (teacher); <see langword="null"/> means the
    /// student's own. Set it where students with different coefficients must learn the same targets.</summary>
    public double? TeacherResidual { get; init; }

    /// <summary>A text file or folder (text; <see langword="null"/> means the built-in
    /// corpus), or an <c>.npz</c> with <c>inputs</c> and <c>targets</c> (arrays).</summary>
    public string? Path { get; init; }

    /// <summary>An <c>.npy</c> of shape [N, n, d] (arrays).</summary>
    public string? Inputs { get; init; }

    /// <summary>An <c>.npy</c> of shape [N, n, d_out] (arrays).</summary>
    public string? Targets { get; init; }

    /// <summary>Seed of the data; <see langword="null"/> means the experiment's.</summary>
    public long? Seed { get; init; }

    internal const int DefaultSamples = 2;
    internal const int DefaultTokens = 4;
    internal const int DefaultLabelled = 100;
    internal const int DefaultBytes = 128;

    internal bool DrawsTokens => Source is DataSource.Gaussian or DataSource.Teacher or DataSource.Correlated;

    internal bool IsPictures => Source is DataSource.Digits or DataSource.Pathfinder;

    internal bool IsLabelled => IsPictures || Source is DataSource.Reviews;

    /// <summary>Whether the width of the tokens is the specification's to choose.</summary>
    internal bool MakesTokens => Source is not DataSource.Arrays && !IsLabelled;

    /// <summary>Number of classes of labelled samples.</summary>
    internal int Classes => Source == DataSource.Digits ? 10 : 2;

    /// <summary>Whether a folder or file may be named.</summary>
    internal bool TakesPath => IsLabelled || Source is DataSource.Text or DataSource.Arrays;

    internal bool IsSeeded => Source is not DataSource.Arrays;

    internal DataSpecification Resolve(int width, long seed) => this with
    {
        Samples = Samples ?? (IsLabelled ? DefaultLabelled : IsSeeded ? DefaultSamples : null),
        Tokens = Tokens ?? (Source is DataSource.Reviews ? DefaultBytes : IsSeeded && !IsPictures ? DefaultTokens : null),
        TestSamples = TestSamples ?? (IsLabelled ? DefaultLabelled : null),
        TokenScale = TokenScale ?? (DrawsTokens ? 1 / Math.Sqrt(width) : null),
        TargetScale = TargetScale ?? (Source is DataSource.Gaussian && TargetDistance is null ? 1 / Math.Sqrt(width) : null),
        Seed = Seed ?? (IsSeeded ? seed : null),
    };
}
