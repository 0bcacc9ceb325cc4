using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kappa.Lab.Formats;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>An evaluation as JSON, every number so that reading it back gives
/// the same bits; the schema is <see cref="EvaluationDocument"/>.</summary>
/// <remarks>
/// Keys, nesting and shapes are those that tests/Data/reference has under <c>expected</c>, for every model. A number that is not finite is
/// <c>null</c>. Stateless and thread-safe.
/// </remarks>
internal static class EvaluationJson
{
    private static readonly EvaluationSchema Schema =
        new(new JsonSerializerOptions(EvaluationSchema.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Writes an evaluation.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="destination">Written as UTF-8 text, without a line end after it.</param>
    public static void Write(PointEvaluation evaluation, Stream destination)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        JsonSerializer.Serialize(destination, EvaluationDocument.Of(evaluation), Schema.EvaluationDocument);
    }
}

/// <summary>Names in snake case, rows of numbers on one line each.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n",
    Converters = [typeof(JsonNumberConverter), typeof(NumberRowConverter)])]
[JsonSerializable(typeof(EvaluationDocument))]
[JsonSerializable(typeof(HessianEndsDocument))]
[JsonSerializable(typeof(double[][]))]
[JsonSerializable(typeof(double[][][]))]
internal sealed partial class EvaluationSchema : JsonSerializerContext;

/// <summary>A row on one line: the writer would give every number a line of its own.</summary>
internal sealed class NumberRowConverter : JsonConverter<double[]>
{
    /// <inheritdoc/>
    public override double[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Evaluations are only written.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, double[] value, JsonSerializerOptions options)
    {
        var text = new StringBuilder("[");
        for (int k = 0; k < value.Length; k++)
        {
            _ = text.Append(k == 0 ? "" : ", ");
            _ = double.IsFinite(value[k]) ? text.Append(value[k].ToString("R", CultureInfo.InvariantCulture)) : text.Append("null");
        }

        writer.WriteRawValue(text.Append(']').ToString(), skipInputValidation: true);
    }
}

/// <summary>What <c>kappa evaluate --json</c> prints of any model. A key is there
/// only when there is something to say, but for <c>ntk_eigenvalues</c>.</summary>
internal sealed record EvaluationDocument
{
    public required double Loss { get; init; }

    /// <summary>The trained matrices by name.</summary>
    public required Dictionary<string, double[][]> Gradient { get; init; }

    public required double GradientNorm { get; init; }

    public required double PlRatio { get; init; }

    /// <summary>Largest first; <c>null</c> where <see cref="NtkEigenvaluesOmitted"/> says why.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double[]? NtkEigenvalues { get; init; }

    public string? NtkEigenvaluesOmitted { get; init; }

    public KernelEndsDocument? KernelExtremes { get; init; }

    /// <summary>A <see cref="HessianEndsDocument"/>; <c>null</c> where <see cref="HessianExtremesReason"/> says why.</summary>
    public JsonElement? HessianExtremes { get; init; }

    /// <summary>Why there are no <see cref="HessianExtremes"/>: a kink.</summary>
    public string? HessianExtremesReason { get; init; }

    public DensityDocument? KernelDensity { get; init; }

    public string? EstimatesOmitted { get; init; }

    /// <summary>Samples of tokens of numbers, as the targets are; of pooled tokens a row a sample.</summary>
    public required object Output { get; init; }

    /// <summary>By block, each largest first; so the following.</summary>
    public required double[][] AttentionOutputSingularValues { get; init; }

    public required double[][] AttentionBranchSingularValues { get; init; }

    public required double[][] HiddenSingularValues { get; init; }

    /// <summary>By block and head, where there is more than one head.</summary>
    public double[][][]? HeadBranchSingularValues { get; init; }

    /// <summary>Of what attention reads, where a normalisation stands before it.</summary>
    public double[][]? AttentionNormSingularValues { get; init; }

    /// <summary>Of the normalised attention output.</summary>
    public double[][]? AttentionOutputNormSingularValues { get; init; }

    /// <summary>Of the normalised output of a block.</summary>
    public double[][]? OutputNormSingularValues { get; init; }

    /// <summary>B (G.3) of model G.</summary>
    public double[]? KernelFeatureSingularValues { get; init; }

    /// <summary>F_pre (S.4) of model S.</summary>
    public double[]? PooledSingularValues { get; init; }

    /// <summary>The ball certificate (C.9).</summary>
    public CertificateDocument? Certificate { get; init; }

    /// <summary>The path certificate (C.14).</summary>
    public CertificateDocument? PathCertificate { get; init; }

    /// <summary>Every theorem that was asked of a model other than R, in short.</summary>
    public IReadOnlyList<TheoremDocument>? Theorems { get; init; }

    public static EvaluationDocument Of(PointEvaluation evaluation)
    {
        ModelPoint point = evaluation.Point;
        PointEstimates estimates = evaluation.Estimates;
        double[][] output = RowsOf(evaluation.Output);
        double[]? features = evaluation.Features?.SingularValues;
        bool isEncoder = point.Model is Transformer { Shape.IsShallowEncoder: true };
        return new EvaluationDocument
        {
            Loss = evaluation.Loss,
            Gradient = point.TrainedBlocks.ToDictionary(block => block.Name, block => RowsOf(evaluation.Gradient[block])),
            GradientNorm = evaluation.GradientNorm,
            PlRatio = evaluation.PlRatio,
            NtkEigenvalues = evaluation.Kernel?.Eigenvalues,
            NtkEigenvaluesOmitted = evaluation.KernelOmission,
            KernelExtremes = estimates.KernelEnds is { } kernel ? KernelEndsDocument.Of(kernel) : null,
            HessianExtremes = estimates is { Hessian: null, HessianKink: null } ? null
                : JsonSerializer.SerializeToElement(
                    HessianEndsDocument.Of(estimates.Hessian), EvaluationSchema.Default.HessianEndsDocument),
            HessianExtremesReason = estimates.HessianKink,
            KernelDensity = estimates.KernelDensity is { } density ? DensityDocument.Of(density) : null,
            EstimatesOmitted = estimates.Omission,
            Output = point.Model is Transformer { Shape.Readout: ReadoutKind.Pooled }
                ? output
                : output.Chunk(point.Model.OutputRows).ToArray(),
            AttentionOutputSingularValues = ByBlock(evaluation, LayerPart.AttentionOutput) ?? [],
            AttentionBranchSingularValues = ByBlock(evaluation, LayerPart.AttentionBranch) ?? [],
            HiddenSingularValues = ByBlock(evaluation, LayerPart.Hidden) ?? [],
            HeadBranchSingularValues = ByHead(evaluation),
            AttentionNormSingularValues = ByBlock(evaluation, LayerPart.AttentionNorm),
            AttentionOutputNormSingularValues = ByBlock(evaluation, LayerPart.AttentionOutputNorm),
            OutputNormSingularValues = ByBlock(evaluation, LayerPart.OutputNorm),
            KernelFeatureSingularValues = isEncoder ? null : features,
            PooledSingularValues = isEncoder ? features : null,
            Certificate = CertificateDocument.Find(evaluation, "ball"),
            PathCertificate = CertificateDocument.Find(evaluation, "path"),
            Theorems = point.Model is not ResidualTransformer && evaluation.Certificates.Count > 0
                ? [.. evaluation.Certificates.Select(TheoremDocument.Of)]
                : null,
        };
    }

    private static double[][] RowsOf(Matrix matrix) => [.. Enumerable.Range(0, matrix.Rows).Select(row => matrix.Row(row).ToArray())];

    private static double[][]? ByBlock(PointEvaluation evaluation, LayerPart part)
    {
        double[][] spectra = [
            .. evaluation.Layers.Where(layer => layer.Matrix.Part == part).Select(layer => layer.Spectrum.SingularValues)];
        return spectra.Length > 0 ? spectra : null;
    }

    private static double[][][]? ByHead(PointEvaluation evaluation)
    {
        double[][][] spectra =
        [
            .. evaluation.Layers.Where(layer => layer.Matrix.Part == LayerPart.HeadBranch).GroupBy(layer => layer.Matrix.Layer)
                .Select(heads => heads.Select(head => head.Spectrum.SingularValues).ToArray()),
        ];
        return spectra.Length > 0 ? spectra : null;
    }
}
