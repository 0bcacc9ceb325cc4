namespace Kappa.Certificates;

/// <summary>Every theorem that Kappa evaluates; a model brings its theorems by an entry here.</summary>
public static class Theorems
{
    /// <summary>The theorems about model R, the strongest first.</summary>
    public static IReadOnlyList<Theorem> OfResidualTransformer { get; } = [new PathCertificate(), new KernelFloorCertificate(), new BallCertificate()];

    /// <summary>The theorems about model G.</summary>
    public static IReadOnlyList<KernelAttentionTheorem> OfKernelAttention { get; } = [new ValuesOnlyTheorem(), new RankWindowTheorem()];

    /// <summary>The theorems about model S.</summary>
    public static IReadOnlyList<ShallowEncoderTheorem> OfShallowEncoder { get; } =
        [new WideEncoderTheorem(), new EncoderProposition(EncoderConstants.Recalled), new EncoderProposition(EncoderConstants.Sharper), new LimitingKernelTheorem()];

    /// <summary>All, model by model.</summary>
    public static IReadOnlyList<Theorem> All { get; } = [.. OfResidualTransformer, .. OfKernelAttention, .. OfShallowEncoder];

    /// <summary>The theorem called <paramref name="name"/> (or its label), or <c>null</c>.</summary>
    /// <param name="name">For example <c>path</c>.</param>
    public static Theorem? Find(string name) =>
        All.FirstOrDefault(theorem => string.Equals(theorem.Name, name, StringComparison.OrdinalIgnoreCase) || string.Equals(theorem.Label, name, StringComparison.OrdinalIgnoreCase));
}
