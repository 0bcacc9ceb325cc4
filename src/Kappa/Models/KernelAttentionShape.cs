namespace Kappa.Models;

/// <summary>The sizes and the kernel of model G (G.1–G.3): one layer of H heads, no residual, no normalisation.</summary>
/// <remarks>Theory: kernel attention, the model of Song, Han, Zhang, Ding and Hong (arXiv 2411.07538). Immutable.</remarks>
public sealed record KernelAttentionShape
{
    private readonly int? _keyWidth;
    private readonly int? _valueWidth;
    private readonly int? _outputWidth;

    /// <summary>D: columns of the inputs.</summary>
    public required int Width { get; init; }

    /// <summary>H, at least 1.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>d_k, width of a head's queries and keys; D/H unless given.</summary>
    public int KeyWidth
    {
        get => _keyWidth ?? Width / Math.Max(Heads, 1);
        init => _keyWidth = value;
    }

    /// <summary>d, width of a head's values; D/H unless given.</summary>
    public int ValueWidth
    {
        get => _valueWidth ?? Width / Math.Max(Heads, 1);
        init => _valueWidth = value;
    }

    /// <summary>D_out; D unless given.</summary>
    public int OutputWidth
    {
        get => _outputWidth ?? Width;
        init => _outputWidth = value;
    }

    /// <summary>The kernel.</summary>
    public AttentionKernel Kernel { get; init; } = AttentionKernel.Softmax;

    /// <summary>The layout: for each head <c>heads.h.query</c> [D, d_k], <c>.key</c> [D, d_k], <c>.value</c> [D, d] and <c>.output</c> [d, D_out].</summary>
    /// <exception cref="ArgumentException">The shape is not valid.</exception>
    public ParameterLayout NewLayout()
    {
        Validate();
        var builder = new ParameterLayoutBuilder(this);
        for (int head = 0; head < Heads; head++)
        {
            builder.Add($"heads.{head}.query", head, ParameterKind.Query, Width, KeyWidth);
            builder.Add($"heads.{head}.key", head, ParameterKind.Key, Width, KeyWidth);
            builder.Add($"heads.{head}.value", head, ParameterKind.Value, Width, ValueWidth);
            builder.Add($"heads.{head}.output", head, ParameterKind.Output, ValueWidth, OutputWidth);
        }

        return builder.Build();
    }

    /// <summary>Every offence at once.</summary>
    /// <exception cref="ArgumentException">A size is below 1 or the kernel not valid.</exception>
    public void Validate()
    {
        List<string> problems = [];
        foreach ((string name, int size) in new[] { (nameof(Width), Width), (nameof(Heads), Heads), (nameof(KeyWidth), KeyWidth), (nameof(ValueWidth), ValueWidth), (nameof(OutputWidth), OutputWidth) })
        {
            if (size < 1)
            {
                problems.Add($"{name} must be at least 1 but is {size}.");
            }
        }

        (Kernel ?? throw new ArgumentException("The kernel must be given.")).AddProblems(problems);
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', problems));
        }
    }

    /// <summary>The same as a Transformer's shape.</summary>
    internal TransformerShape General => TransformerShape.KernelAttention(Width, Heads, Kernel) with { KeyWidth = KeyWidth, ValueWidth = ValueWidth, OutputWidth = OutputWidth };
}
