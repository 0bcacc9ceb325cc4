using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kappa.Lab.Formats;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>An evaluation as JSON, every number so that reading it back gives the same bits.</summary>
/// <remarks>
/// Keys, nesting and shapes are those that tests/Data/reference has under <c>expected</c>: arrays of samples of tokens, matrices by the names of their parameters (trained ones
/// only), spectra by block; the ball certificate under <c>certificate</c>, the path certificate beside it. A number that is not finite, or was not computed, is <c>null</c>; then <c>ntk_eigenvalues_omitted</c> says why. What was estimated has keys of its own: <c>kernel_extremes</c>, <c>hessian_extremes</c>, <c>kernel_density</c>. Stateless and thread-safe.
/// </remarks>
internal static class EvaluationJson
{
    /// <summary>Writes an evaluation.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="destination">Written as UTF-8 text, without a line end after it.</param>
    public static void Write(PointEvaluation evaluation, Stream destination)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        using var json = new Utf8JsonWriter(destination, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        WriteNumber(json, "loss", evaluation.Loss);
        WriteGradient(json, evaluation);
        WriteNumber(json, "gradient_norm", evaluation.GradientNorm);
        WriteNumber(json, "pl_ratio", evaluation.PlRatio);
        WriteKernel(json, evaluation);
        EstimatesJson.Write(json, evaluation.Estimates);
        WriteOutput(json, evaluation);
        WriteSpectra(json, "attention_output_singular_values", evaluation, layer => layer.AttentionOutput);
        WriteSpectra(json, "attention_branch_singular_values", evaluation, layer => layer.AttentionBranch);
        WriteSpectra(json, "hidden_singular_values", evaluation, layer => layer.Hidden);
        CertificateJson.Write(json, evaluation.Certificates, evaluation.Point.Shape.Depth);
        json.WriteEndObject();
    }

    private static void WriteGradient(Utf8JsonWriter json, PointEvaluation evaluation)
    {
        json.WriteStartObject("gradient");
        foreach (ParameterBlock block in evaluation.Point.TrainedBlocks)
        {
            json.WriteStartArray(block.Name);
            WriteRows(json, evaluation.Gradient[block]);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteKernel(Utf8JsonWriter json, PointEvaluation evaluation)
    {
        if (evaluation.Kernel is { } kernel)
        {
            json.WritePropertyName("ntk_eigenvalues");
            WriteRow(json, kernel.Eigenvalues);
            return;
        }

        json.WriteNull("ntk_eigenvalues");
        json.WriteString("ntk_eigenvalues_omitted", evaluation.KernelOmission);
    }

    private static void WriteOutput(Utf8JsonWriter json, PointEvaluation evaluation)
    {
        int tokens = evaluation.Point.Tokens;
        json.WriteStartArray("output");
        for (int sample = 0; sample < evaluation.Point.Samples; sample++)
        {
            json.WriteStartArray();
            WriteRows(json, evaluation.Output.RowRange(sample * tokens, tokens));
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteSpectra(Utf8JsonWriter json, string name, PointEvaluation evaluation, Func<LayerSpectra, MatrixSpectrum> part)
    {
        json.WriteStartArray(name);
        foreach (LayerSpectra layer in evaluation.Layers)
            WriteRow(json, part(layer).SingularValues);
        json.WriteEndArray();
    }

    private static void WriteRows(Utf8JsonWriter json, in Matrix matrix)
    {
        for (int row = 0; row < matrix.Rows; row++)
            WriteRow(json, matrix.Row(row));
    }

    // On one line: the writer would give every number a line of its own.
    internal static void WriteRow(Utf8JsonWriter json, ReadOnlySpan<double> values)
    {
        var text = new StringBuilder("[");
        for (int k = 0; k < values.Length; k++)
        {
            _ = text.Append(k == 0 ? "" : ", ");
            _ = double.IsFinite(values[k]) ? text.Append(values[k].ToString("R", CultureInfo.InvariantCulture)) : text.Append("null");
        }

        json.WriteRawValue(text.Append(']').ToString(), skipInputValidation: true);
    }

    internal static void WriteNumber(Utf8JsonWriter json, string name, double value) => JsonNumber.Write(json, name, value);
}
