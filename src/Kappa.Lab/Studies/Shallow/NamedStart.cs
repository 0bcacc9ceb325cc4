using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>How model S starts: the three schemes of [C] (S.3) and others for the open question.</summary>
/// <param name="Name">For tables.</param>
/// <param name="Law">The start as a specification.</param>
internal sealed record NamedStart(string Name, InitialisationSpecification Law)
{
    public static NamedStart LeCun { get; } = new("LeCun", new());

    public static NamedStart He { get; } = new("He", new() { EncoderStart = EncoderStart.He });

    public static NamedStart Ntk { get; } = new("NTK", new() { EncoderStart = EncoderStart.Ntk });

    /// <summary>LeCun's variances with orthogonal matrices.</summary>
    public static NamedStart Orthogonal { get; } = new("orthogonal", new() { EncoderStart = EncoderStart.Orthogonal });

    /// <summary>Variances 2/(fan in + fan out), W_Q, W_K, W_V [d_m, d] and w_O [1, d_m].</summary>
    public static NamedStart Xavier { get; } = new("Xavier", new() { EncoderStart = EncoderStart.Xavier });

    /// <summary>LeCun with every matrix multiplied by a factor.</summary>
    public static NamedStart Gain(double gain) => new(FormattableString.Invariant($"LeCun × {gain}"), new() { Gain = gain });
}
