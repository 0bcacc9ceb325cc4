using Kappa.Descent;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Runs.Certification;

/// <summary>What a run is to cite: the source of its model, of its method, and of the quantities that it recorded.</summary>
/// <param name="Reference">The reference.</param>
/// <param name="Use">What the run used it for.</param>
internal sealed record RunReference(Reference Reference, string Use)
{
    /// <summary>The references of a run, each once, the model's first.</summary>
    /// <param name="specification">Its specification.</param>
    /// <param name="columns">The columns of its telemetry; they differ between models.</param>
    public static IReadOnlyList<RunReference> Of(ExperimentSpecification specification, IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(specification);
        ArgumentNullException.ThrowIfNull(columns);

        // By name: a version without other kinds of models or methods has no such
        // keys, and then the run is a residual Transformer under plain descent.
        string kind = Value(specification, "model.kind") ?? "residual",
            method = Value(specification, "descent.method") ?? "gradientDescent";
        var uses = new List<(string Key, string Use)>();
        if (Model(kind) is { } model)
            uses.Add(model);
        if (method == "adam")
            uses.Add(("KB", "the method of descent, Adam"));
        if (columns.Any(column => column.EndsWith(Quantities.EffectiveRank.Name, StringComparison.Ordinal)))
            uses.Add(("RV", "the effective rank (P.3)"));
        if (columns.Any(column => column.Contains("sigma", StringComparison.Ordinal)))
            uses.Add(("FP", "singular values at every step (P.1)"));
        uses.Add(("T", "the measured rate: the median of pairwise slopes"));
        uses.Add(("SEN", "the measured rate: the median of pairwise slopes"));
        uses.Add((Bibliography.OwnKey, "the program"));
        return [.. uses.Select(use => new RunReference(Bibliography.All.Single(reference => reference.Key == use.Key), use.Use))];
    }

    private static (string Key, string Use)? Model(string kind) => kind switch
    {
        "kernelAttention" => ("B", "the model, attention with a softmax or a Gaussian kernel (G.1)"),
        "shallowEncoder" => ("C", "the model, a shallow encoder (S.1)"),
        "residual" => ("A", "the question, gradient descent on Transformers with residual connections"),
        _ => null,
    };

    private static string? Value(ExperimentSpecification specification, string key) => SpecificationKeys.Find(key)?.Format(specification);
}
