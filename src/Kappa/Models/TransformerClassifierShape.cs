namespace Kappa.Models;

/// <summary>The sizes and switches of the experiments' Transformer (E.1–E.5): pre-normalised blocks, mean pooling, a linear head.</summary>
/// <remarks>
/// Theory: experiment block. The defaults are those of [B] as recalled: 2 layers, D = 64, feed-forward 128, 2 heads. No biases beside the shifts of the normalisations. Immutable.
/// </remarks>
public sealed record TransformerClassifierShape
{
    /// <summary>n, tokens of a sample; positions are learned, so it is part of the shape.</summary>
    public required int Tokens { get; init; }

    /// <summary>C.</summary>
    public required int Classes { get; init; }

    /// <summary>Number of different token ids, or numbers in a patch.</summary>
    public required int InputWidth { get; init; }

    /// <summary>L, at least 1.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>D, a multiple of the number of heads.</summary>
    public int Width { get; init; } = 64;

    /// <summary>H.</summary>
    public int Heads { get; init; } = 2;

    /// <summary>m.</summary>
    public int FfnWidth { get; init; } = 128;

    /// <summary>The attention kernel; its d_k is D/H.</summary>
    public AttentionKernel Kernel { get; init; } = AttentionKernel.Softmax;

    /// <summary>ψ.</summary>
    public Activation Activation { get; init; } = new(ActivationKind.Gelu);

    /// <summary>ρ_a: 1 with the residual connection around attention, 0 without.</summary>
    public double AttentionResidual { get; init; } = 1;

    /// <summary>ρ_f: 1 with the residual connection around the feed-forward layer, 0 without.</summary>
    public double FfnResidual { get; init; } = 1;

    /// <summary>ε of the normalisations, positive.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    internal int HeadWidth => Width / Heads;

    internal AttentionSizes AttentionSizes => new(Kernel, Heads, Width, HeadWidth, HeadWidth, Width);

    /// <summary>
    /// The layout: <c>embedding</c> [vocabulary or patch, D], <c>position</c> [n, D]; in each block <c>blocks.l.</c> with <c>attention_norm_gain</c>, <c>attention_norm_shift</c> [1, D], <c>query</c>, <c>key</c>,
    /// <c>value</c>, <c>output</c> [D, D], <c>ffn_norm_gain</c>, <c>ffn_norm_shift</c> [1, D], <c>ffn_in</c> [D, m], <c>ffn_out</c> [m, D]; then <c>final_norm_gain</c>, <c>final_norm_shift</c> [1, D] and <c>readout</c> [D, C].
    /// </summary>
    /// <exception cref="ArgumentException">The shape is not valid.</exception>
    public ParameterLayout NewLayout()
    {
        Validate();
        var builder = new ParameterLayoutBuilder(this);
        builder.Add("embedding", 0, ParameterKind.Embedding, InputWidth, Width);
        builder.Add("position", 0, ParameterKind.Position, Tokens, Width);
        for (int layer = 0; layer < Depth; layer++)
        {
            string name = $"blocks.{layer}.";
            builder.Add(name + "attention_norm_gain", layer, ParameterKind.NormGain, 1, Width);
            builder.Add(name + "attention_norm_shift", layer, ParameterKind.NormShift, 1, Width);
            builder.Add(name + "query", layer, ParameterKind.Query, Width, Width);
            builder.Add(name + "key", layer, ParameterKind.Key, Width, Width);
            builder.Add(name + "value", layer, ParameterKind.Value, Width, Width);
            builder.Add(name + "output", layer, ParameterKind.Output, Width, Width);
            builder.Add(name + "ffn_norm_gain", layer, ParameterKind.NormGain, 1, Width);
            builder.Add(name + "ffn_norm_shift", layer, ParameterKind.NormShift, 1, Width);
            builder.Add(name + "ffn_in", layer, ParameterKind.FfnIn, Width, FfnWidth);
            builder.Add(name + "ffn_out", layer, ParameterKind.FfnOut, FfnWidth, Width);
        }

        builder.Add("final_norm_gain", Depth, ParameterKind.NormGain, 1, Width);
        builder.Add("final_norm_shift", Depth, ParameterKind.NormShift, 1, Width);
        builder.Add("readout", Depth, ParameterKind.Readout, Width, Classes);
        return builder.Build();
    }

    /// <summary>Multiply-adds of the products of one loss and gradient; the attention weights of a long sample are computed again on the way back.</summary>
    /// <param name="samples">Samples of the batch.</param>
    public double GradientMultiplyAdds(int samples)
    {
        double rows = (double)samples * Tokens, d = Width;
        int attentionPasses = Tokens > KernelHead<double>.LongestKept ? 7 : 6;
        return Depth * rows * ((3 * d * ((4 * d) + (2 * FfnWidth))) + (attentionPasses * (double)Tokens * d));
    }

    /// <summary>Every offence at once.</summary>
    /// <exception cref="ArgumentException">A size is out of range, the width no multiple of the heads, a coefficient not finite, or the kernel or activation not valid.</exception>
    public void Validate()
    {
        List<string> problems = [];
        foreach ((string name, int size) in new[]
                 {
                     (nameof(Tokens), Tokens), (nameof(Classes), Classes), (nameof(InputWidth), InputWidth), (nameof(Depth), Depth), (nameof(Width), Width), (nameof(Heads), Heads), (nameof(FfnWidth), FfnWidth),
                 })
        {
            if (size < 1)
            {
                problems.Add($"{name} must be at least 1 but is {size}.");
            }
        }

        if (Heads > 0 && Width % Heads != 0)
        {
            problems.Add($"Width must be a multiple of Heads but they are {Width} and {Heads}.");
        }

        if (!double.IsFinite(AttentionResidual) || !double.IsFinite(FfnResidual) || !(NormEpsilon > 0 && double.IsFinite(NormEpsilon)))
        {
            problems.Add($"ρ_a and ρ_f must be finite and ε positive but they are {AttentionResidual}, {FfnResidual} and {NormEpsilon}.");
        }

        (Kernel ?? throw new ArgumentException("The kernel must be given.")).AddProblems(problems);
        (Activation ?? throw new ArgumentException("The activation must be given.")).AddProblems(problems);
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', problems));
        }
    }

    /// <summary>Number of the first matrix of a block in the layout.</summary>
    internal static int FirstOf(int layer) => 2 + (10 * layer);
}
