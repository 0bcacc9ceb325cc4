using Kappa.Certificates.Ball;
using Kappa.Certificates.KernelAttention;
using Kappa.Certificates.Path;
using Kappa.Certificates.ShallowEncoder;
using Kappa.Models;

namespace Kappa.Certificates;

/// <summary>Every theorem that Kappa evaluates; a model brings its theorems by an entry here.</summary>
public static class Theorems
{
    internal const string ResidualTransformer = "the residual Transformer (model R)";
    internal const string KernelAttention = "kernel attention (model G)";
    internal const string ShallowEncoder = "the shallow encoder (model S)";

    /// <summary>The theorems about model R, the strongest first.</summary>
    public static IReadOnlyList<Theorem> OfResidualTransformer { get; } = [
        new PathCertificate(), new KernelFloorCertificate(), new BallCertificate()];

    /// <summary>The theorems about model G.</summary>
    public static IReadOnlyList<KernelAttentionTheorem> OfKernelAttention { get; } = [new ValuesOnlyTheorem(), new RankWindowTheorem()];

    /// <summary>The theorems about model S.</summary>
    public static IReadOnlyList<ShallowEncoderTheorem> OfShallowEncoder { get; } =
        [
            new WideEncoderTheorem(), new EncoderProposition(EncoderConstants.Recalled), new EncoderProposition(EncoderConstants.Sharper),
            new LimitingKernelTheorem()];

    /// <summary>All, model by model.</summary>
    public static IReadOnlyList<Theorem> All { get; } = [.. OfResidualTransformer, .. OfKernelAttention, .. OfShallowEncoder];

    /// <summary>The theorem called <paramref name="name"/> (or its label), or <c>null</c>.</summary>
    /// <param name="name">For example <c>path</c>.</param>
    public static Theorem? Find(string name) =>
        All.FirstOrDefault(theorem =>
            string.Equals(theorem.Name, name, StringComparison.OrdinalIgnoreCase)
            || string.Equals(theorem.Label, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The theorems about a model; empty for a Transformer that none is about.</summary>
    /// <param name="model">Any.</param>
    public static IReadOnlyList<Theorem> About(IModel model) => [.. All.Where(theorem => theorem.IsAbout(model))];

    /// <summary>Why a theorem is not about a model, with what to ask instead.</summary>
    internal static string WhyNotAbout(Theorem theorem, IModel model)
    {
        IReadOnlyList<Theorem> own = About(model);
        return own.Count > 0
            ? $"The theorem is about {theorem.Subject} and the model is {own[0].Subject}; ask "
                + $"{string.Join(", ", own.Select(other => other.Name))}."
            : $"The theorem is about {theorem.Subject} and no theorem of Kappa is about a Transformer with {PartsOf((Transformer)model)}.";
    }

    // What model R has not: it is the nearest to a Transformer of any form.
    private static string PartsOf(Transformer model)
    {
        TransformerShape shape = model.Shape;
        (bool IsThere, string Words)[] parts =
        [
            (shape.HasEmbedding, "an embedding"),
            (shape.Positions != PositionKind.None, "positions"),
            (shape.Heads > 1, FormattableString.Invariant($"{shape.Heads} heads")),
            (
                shape.Kernel.Kind != AttentionKernelKind.Softmax,
                $"a {shape.Kernel.Kind.ToString().ToLowerInvariant()} kernel".Replace("gaussian", "Gaussian", StringComparison.Ordinal)),
            (shape.HasOutput, "W_O"),
            (shape.HasAttentionBiases || shape.HasFfnBiases || shape.HasReadoutBias, "biases"),
            (shape.Mask != AttentionMask.None, "a causal mask"),
            (model.HasPadding, "padded samples"),
            (shape.AttentionActivation is not null, "an activation after attention"),
            (shape.Norm != NormPlace.None || shape.HasLastNorm, "normalisation"),
            (shape.FfnWidth is null, "no feed-forward layer"),
            (shape.Readout == ReadoutKind.Pooled, "pooled tokens"),
            (model.HasLabels, "a cross-entropy"),
        ];
        string[] there = [.. parts.Where(part => part.IsThere).Select(part => part.Words)];
        return there.Length > 0 ? string.Join(", ", there) : "these sizes or this loss";
    }
}
