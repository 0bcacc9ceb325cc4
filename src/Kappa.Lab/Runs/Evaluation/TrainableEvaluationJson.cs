using System.Text.Encodings.Web;
using System.Text.Json;
using Kappa.Certificates;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>An evaluation of a point of a model other than R as JSON, with the keys of <see cref="EvaluationJson"/> where they mean the same, every number so that reading it back gives the same bits.</summary>
internal static class TrainableEvaluationJson
{
    /// <summary>Writes an evaluation.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="destination">Written as UTF-8 text, without a line end after it.</param>
    public static void Write(TrainableEvaluation evaluation, Stream destination)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        using var json = new Utf8JsonWriter(destination, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        EvaluationJson.WriteNumber(json, "loss", evaluation.Loss);
        json.WriteStartObject("gradient");
        foreach (ParameterBlock block in evaluation.Point.Model.Layout.Blocks.Where(evaluation.Point.Trained.Includes))
        {
            WriteRows(json, block.Name, evaluation.Gradient[block]);
        }

        json.WriteEndObject();
        EvaluationJson.WriteNumber(json, "gradient_norm", evaluation.GradientNorm);
        EvaluationJson.WriteNumber(json, "pl_ratio", evaluation.PlRatio);
        WriteKernel(json, evaluation);
        EstimatesJson.Write(json, evaluation.Estimates);
        WriteOutput(json, evaluation);
        if (evaluation.Features is not null)
        {
            json.WritePropertyName(evaluation.Point.Model is Transformer { Shape.IsKernelAttention: true } ? "kernel_feature_singular_values" : "pooled_singular_values");
            EvaluationJson.WriteRow(json, [.. evaluation.FeatureValues]);
        }

        WriteTheorems(json, evaluation.Certificates);
        json.WriteEndObject();
    }

    private static void WriteKernel(Utf8JsonWriter json, TrainableEvaluation evaluation)
    {
        if (evaluation.KernelOmission is { } reason)
        {
            json.WriteNull("ntk_eigenvalues");
            json.WriteString("ntk_eigenvalues_omitted", reason);
            return;
        }

        json.WritePropertyName("ntk_eigenvalues");
        EvaluationJson.WriteRow(json, [.. evaluation.KernelEigenvalues]);
    }

    // Samples of tokens, as the targets are; a row a sample where the tokens are pooled.
    private static void WriteOutput(Utf8JsonWriter json, TrainableEvaluation evaluation)
    {
        int tokens = evaluation.Point.Model.OutputRows;
        if (evaluation.Point.Model is Transformer { Shape.Readout: ReadoutKind.Pooled })
        {
            WriteRows(json, "output", evaluation.Output);
            return;
        }

        json.WriteStartArray("output");
        for (int row = 0; row < evaluation.Output.Rows; row += tokens)
        {
            json.WriteStartArray();
            for (int token = 0; token < tokens; token++)
            {
                EvaluationJson.WriteRow(json, evaluation.Output.Row(row + token));
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteRows(Utf8JsonWriter json, string name, in Matrix matrix)
    {
        json.WriteStartArray(name);
        for (int row = 0; row < matrix.Rows; row++)
        {
            EvaluationJson.WriteRow(json, matrix.Row(row));
        }

        json.WriteEndArray();
    }

    private static void WriteTheorems(Utf8JsonWriter json, IReadOnlyList<Certificate> certificates)
    {
        json.WriteStartArray("theorems");
        foreach (Certificate certificate in certificates)
        {
            json.WriteStartObject();
            json.WriteString("theorem", certificate.Theorem.Name);
            json.WriteString("outcome", JsonNamingPolicy.CamelCase.ConvertName(certificate.Outcome.ToString()));
            json.WriteString("explanation", certificate.Explanation);
            if (certificate.Guarantee is { } guarantee)
            {
                EvaluationJson.WriteNumber(json, "step_size", guarantee.StepSize);
                EvaluationJson.WriteNumber(json, "rate", guarantee.Rate);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
