using System.Globalization;

namespace Kappa.Models;

/// <summary>Something that must hold of a <see cref="TransformerShape"/>.</summary>
/// <param name="Properties">The properties that it is about, those to be changed first.</param>
/// <param name="Must">What must hold, properties in braces: <c>{Width} must be a multiple of {Heads}</c>.</param>
/// <param name="Why">Why, or what to do, as a sentence; properties in braces.</param>
public sealed record TransformerRule(IReadOnlyList<string> Properties, string Must, string Why)
{
    private readonly Func<TransformerShape, bool> _holds = _ => true;

    internal TransformerRule(IReadOnlyList<string> properties, Func<TransformerShape, bool> holds, string must, string why)
        : this(properties, must, why) => _holds = holds;

    /// <summary>Whether it holds.</summary>
    /// <param name="shape">Any shape.</param>
    public bool Holds(TransformerShape shape) => _holds(shape);

    /// <summary>What must hold, what was found, why and what to do, on one line.</summary>
    /// <param name="shape">A shape for which it does not hold.</param>
    /// <param name="name">What a property is called where the reader has set it; its own name unless given.</param>
    /// <param name="value">How its value is written there; <c>null</c> for a property that is not set there.</param>
    public string Explain(TransformerShape shape, Func<string, string>? name = null, Func<string, string?>? value = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        IEnumerable<string> found = Properties.Select(property => $"{{{property}}} is {value?.Invoke(property) ?? Value(shape, property)}");
        string text = $"{Must} but {string.Join(" and ", found)}. {Why}".TrimEnd();
        return Properties.Aggregate(text, (line, property) => line.Replace($"{{{property}}}", name?.Invoke(property) ?? property,
            StringComparison.Ordinal));
    }

    private static string Value(TransformerShape shape, string property) => typeof(TransformerShape).GetProperty(property)!.GetValue(
        shape) switch
    {
        null => "none",
        Activation activation => activation.Kind.ToString(),
        AttentionKernel kernel => kernel.Kind.ToString(),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        object other => other.ToString()!,
    };
}

/// <summary>What parts of a Transformer go together: the one table that the core and a specification refuse by.</summary>
public static class TransformerRules
{
    /// <summary>All rules; each is about properties that exist whatever the others are.</summary>
    public static IReadOnlyList<TransformerRule> All { get; } =
    [
        .. Positive(), .. Finite(), .. Known(), .. Described(),
        Of([nameof(TransformerShape.HasEmbedding), nameof(TransformerShape.Input)], s => s.HasEmbedding
            || s.Input == TransformerInput.Arrays,
            "{Input} of identifiers must have {HasEmbedding}", "An identifier is no vector until a table makes it one."),
        Of([nameof(TransformerShape.Width), nameof(TransformerShape.InputWidth), nameof(TransformerShape.HasEmbedding)], s =>
            s.HasEmbedding || s.Width == s.InputWidth,
            "{Width} must be {InputWidth} without {HasEmbedding}",
            "Tokens enter the first block as they are; give them an embedding or the same width."),
        Of([nameof(TransformerShape.Tokens), nameof(TransformerShape.Positions)], s => s.Tokens is not null
            || s.Positions != PositionKind.Learned,
            "{Tokens} must be given with learned {Positions}", "Each position has a vector among the parameters."),
        Of([nameof(TransformerShape.Heads), nameof(TransformerShape.Width)],
            s => s.Heads < 1 || s.Width % s.Heads == 0 || (s.HasOwnKeyWidth && s.HasOwnValueWidth),
            "{Heads} must divide {Width} unless the widths of keys and values are given", "A head takes its share of the width."),
        Of([nameof(TransformerShape.OutputWidth), nameof(TransformerShape.HasOutput)], s => s.HasOutput || !s.HasOwnOutputWidth,
            "{OutputWidth} must be left out without {HasOutput}", "It is the number of columns of W_O."),
        Of([nameof(TransformerShape.AttentionResidual), nameof(TransformerShape.OutputWidth), nameof(TransformerShape.Width),
            nameof(TransformerShape.HasOutput)],
            s => s.OutputWidth == s.Width || s.AttentionResidual == 0,
            "{AttentionResidual} must be 0 where {OutputWidth} differs from {Width}",
            "A residual connection adds matrices of one width; take {HasOutput} of that width, or heads that fill it."),
        Of([nameof(TransformerShape.FfnWidth), nameof(TransformerShape.OutputWidth), nameof(TransformerShape.Width),
            nameof(TransformerShape.HasOutput)],
            s => s.OutputWidth == s.Width || s.FfnWidth is null,
            "{FfnWidth} must be none where {OutputWidth} differs from {Width}",
            "The feed-forward layer reads and writes rows of the model's width; take {HasOutput} of that width, or heads that fill "
                + "it."),
        Of([nameof(TransformerShape.Depth), nameof(TransformerShape.OutputWidth), nameof(TransformerShape.Width),
            nameof(TransformerShape.HasOutput)],
            s => s.OutputWidth == s.Width || s.Depth == 1,
            "{Depth} must be 1 where {OutputWidth} differs from {Width}",
            "The next block reads rows of the model's width; take {HasOutput} of that width, or heads that fill it."),
        Of([nameof(TransformerShape.FfnResidual), nameof(TransformerShape.FfnWidth)], s => s.FfnWidth is not null || s.FfnResidual == 1,
            "{FfnResidual} must be left at 1 where {FfnWidth} is none", "There is no feed-forward layer that it could go around."),
        Of([nameof(TransformerShape.HasFfnBiases), nameof(TransformerShape.FfnWidth)], s => s.FfnWidth is not null || !s.HasFfnBiases,
            "{HasFfnBiases} must be false where {FfnWidth} is none", "There is no feed-forward layer that could have them."),
        Of([nameof(TransformerShape.ReadoutWidth), nameof(TransformerShape.Readout)], s =>
            (s.ReadoutWidth is null) == (s.Readout == ReadoutKind.None),
            "{ReadoutWidth} must be given with a {Readout}, and only then", "It is the number of columns of W_U."),
        Of([nameof(TransformerShape.HasReadoutBias), nameof(TransformerShape.Readout)], s => s.Readout != ReadoutKind.None
            || !s.HasReadoutBias,
            "{HasReadoutBias} must be false without {Readout}", "There is no readout that could have it."),
        Of([nameof(TransformerShape.OutputScale), nameof(TransformerShape.Readout)], s => s.Readout != ReadoutKind.None
            || s.OutputScale == 1,
            "{OutputScale} must be 1 without {Readout}", "It is a factor of the readout."),
        Of([nameof(TransformerShape.Pooling), nameof(TransformerShape.Mask), nameof(TransformerShape.Readout)],
            s => s.Readout != ReadoutKind.Pooled || s.Pooling != TokenPooling.First || s.Mask != AttentionMask.Causal,
            "{Pooling} must not take the first token under a causal {Mask} with this {Readout}",
            "The first token sees no other; pool by mean or sum."),
        Of([nameof(TransformerShape.Parameters), nameof(TransformerShape.Depth), nameof(TransformerShape.HasAttentionBiases)],
            s => s.Parameters == ParameterForm.Blocks || (s.Depth == 1 && !s.HasAttentionBiases),
            "{Parameters} must be by blocks unless {Depth} is 1 and {HasAttentionBiases} is false",
            "The other forms name the matrices of one layer without biases."),
        Of([nameof(TransformerShape.Parameters), nameof(TransformerShape.Heads), nameof(TransformerShape.HasOutput)],
            s => s.Parameters != ParameterForm.Transposed || (s.Heads == 1 && !s.HasOutput),
            "{Parameters} must not be transposed unless {Heads} is 1 and {HasOutput} is false",
            "That form is the one of the shallow encoder."),
    ];

    private static TransformerRule Of(string[] properties, Func<TransformerShape, bool> holds, string must, string why = "") => new(
        properties, holds, must, why);

    private static IEnumerable<TransformerRule> Positive() =>
        new (string Name, Func<TransformerShape, int?> Size)[]
        {
            (nameof(TransformerShape.InputWidth), s => s.InputWidth), (nameof(TransformerShape.Tokens), s => s.Tokens),
                (nameof(TransformerShape.Depth), s => s.Depth),
            (nameof(TransformerShape.Width), s => s.Width), (nameof(TransformerShape.Heads), s => s.Heads),
                (nameof(TransformerShape.KeyWidth), s => s.HasOwnKeyWidth ? s.KeyWidth : null),
            (nameof(TransformerShape.ValueWidth), s => s.HasOwnValueWidth ? s.ValueWidth : null),
                (nameof(TransformerShape.OutputWidth), s => s.HasOwnOutputWidth ? s.OutputWidth : null),
            (nameof(TransformerShape.FfnWidth), s => s.FfnWidth), (nameof(TransformerShape.ReadoutWidth), s => s.ReadoutWidth),
        }.Select(part => Of([part.Name], s => part.Size(s) is not < 1, $"{{{part.Name}}} must be at least 1"));

    private static IEnumerable<TransformerRule> Finite() =>
        new (string Name, Func<TransformerShape, double> Value)[]
        {
            (nameof(TransformerShape.AttentionResidual), s => s.AttentionResidual),
                (nameof(TransformerShape.FfnResidual), s => s.FfnResidual),
            (nameof(TransformerShape.OutputScale), s => s.OutputScale),
        }.Select(part => Of([part.Name], s => double.IsFinite(part.Value(s)), $"{{{part.Name}}} must be a finite number"))
        .Append(Of([nameof(TransformerShape.NormEpsilon)], s => s.NormEpsilon > 0 && double.IsFinite(s.NormEpsilon),
            "{NormEpsilon} must be positive and finite", "It keeps equal numbers from 0/0."));

    private static IEnumerable<TransformerRule> Known() =>
        new (string Name, Func<TransformerShape, bool> IsDefined)[]
        {
            (nameof(TransformerShape.Input), s => Enum.IsDefined(s.Input)),
                (nameof(TransformerShape.Positions), s => Enum.IsDefined(s.Positions)),
            (nameof(TransformerShape.Mask), s => Enum.IsDefined(s.Mask)), (nameof(TransformerShape.Norm), s => Enum.IsDefined(s.Norm)),
            (nameof(TransformerShape.NormKind), s => Enum.IsDefined(s.NormKind)),
                (nameof(TransformerShape.Readout), s => Enum.IsDefined(s.Readout)),
            (nameof(TransformerShape.Pooling), s => Enum.IsDefined(s.Pooling)),
                (nameof(TransformerShape.Reduction), s => Enum.IsDefined(s.Reduction)),
            (nameof(TransformerShape.Parameters), s => Enum.IsDefined(s.Parameters)),
        }.Select(part => Of([part.Name], part.IsDefined, $"{{{part.Name}}} must be one of its names"));

    private static IEnumerable<TransformerRule> Described() =>
    [
        Of([nameof(TransformerShape.Kernel)], s => s.Kernel is not null && Problems(s.Kernel.AddProblems).Count == 0,
            "{Kernel} must be valid",
            "Its τ must be finite, for a Gaussian positive; rows of a linear kernel cannot be divided by their sums."),
        Of([nameof(TransformerShape.Activation)], s => s.Activation is not null && Problems(s.Activation.AddProblems).Count == 0,
            "{Activation} must be valid",
            "A slope γ lies in [0, 1], a smoothing ε in [1e-100, 1e100]."),
        Of([nameof(TransformerShape.AttentionActivation)], s => s.AttentionActivation is null
            || Problems(s.AttentionActivation.AddProblems).Count == 0,
            "{AttentionActivation} must be valid", "A slope γ lies in [0, 1], a smoothing ε in [1e-100, 1e100]."),
    ];

    private static List<string> Problems(Action<List<string>> add)
    {
        List<string> problems = [];
        add(problems);
        return problems;
    }
}
