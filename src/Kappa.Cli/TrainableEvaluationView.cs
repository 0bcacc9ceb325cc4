using System.Text;
using Kappa.Certificates;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Cli;

/// <summary>An evaluated point of model G or S on the terminal, or as JSON.</summary>
internal static class TrainableEvaluationView
{
    public static void Print(Terminal terminal, TrainableEvaluation evaluation, bool json)
    {
        if (json)
        {
            using var stream = new MemoryStream();
            TrainableEvaluationJson.Write(evaluation, stream);
            terminal.Results.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        }
        else
        {
            PrintTables(terminal, evaluation);
        }

        if (!double.IsFinite(evaluation.Loss))
        {
            terminal.Messages.WriteLine($"kappa: {evaluation.Point.Name}: the loss must be finite but is {evaluation.Loss}: the weights or data are so large that the output overflows. Scale them down.");
        }
    }

    private static void PrintTables(Terminal terminal, TrainableEvaluation evaluation)
    {
        TrainablePoint point = evaluation.Point;
        terminal.Paragraph(0, $"Point {point.Name}: {Model(point.Model)}, {point.Model.Samples} samples, {point.Model.Layout.Blocks.Where(point.Trained.Includes).Sum(block => (long)block.Length)} of {point.Model.Layout.Length} parameters trained.");
        terminal.Paragraph(0, $"Loss: {PlainText.Number(evaluation.Loss)}   gradient norm: {PlainText.Number(evaluation.GradientNorm)}   PL ratio: {PlainText.Number(evaluation.PlRatio)}");
        var spectra = new ResultTable("matrix", new ResultColumn("rows", 1), new ResultColumn("columns", 1), "σ_max", "σ_min, row side", "rank");
        AddSpectrum(spectra, point.Model is Transformer { Shape.IsKernelAttention: true } ? "B, the features (G.3)" : "F_pre, the features (S.4)", evaluation.Features);
        AddSpectrum(spectra, "J, the Jacobian (P.4)", evaluation.Jacobian);
        spectra.Print(terminal);
        if (evaluation.KernelOmission is { } reason)
        {
            terminal.Paragraph(0, $"The kernel is left out: {reason}.");
        }

        EstimatesView.Print(terminal, evaluation.Estimates);

        var gradients = new ResultTable("trained", "‖∇ℒ‖");
        foreach (ParameterBlock block in point.Model.Layout.Blocks.Where(point.Trained.Includes))
        {
            _ = gradients.Row(block.Name, PlainText.Number(Vectors.Norm(evaluation.Gradient[block].Span)));
        }

        gradients.Print(terminal);
        foreach (Certificate certificate in evaluation.Certificates)
        {
            string verdict = certificate.Guarantee is { } guarantee
                ? $"guaranteed: with η = {PlainText.Number(guarantee.StepSize)} every step removes at least {PlainText.Percent(guarantee.Rate)} of the loss; kappa certify descends to see it."
                : certificate.Outcome == CertificateOutcome.NotApplicable ? $"not applicable. {certificate.Explanation}" : $"not certified. {certificate.Explanation}";
            terminal.Paragraph(0, $"{certificate.Theorem.Name} ({certificate.Theorem.Label}): {verdict}", hanging: 2);
        }
    }

    // P.2: too narrow is told apart from badly conditioned.
    private static void AddSpectrum(ResultTable table, string name, SpectrumSummary? spectrum)
    {
        if (spectrum is not { } summary)
        {
            return;
        }

        string smallest = summary.Status switch
        {
            SpectrumStatus.RankLimited => "rank-limited",
            SpectrumStatus.BelowFloor => "< floor",
            _ => PlainText.Number(summary.SigmaMinRow),
        };
        string[] cells = [name, $"{summary.Rows}", $"{summary.Columns}", PlainText.Number(summary.SigmaMax), smallest, $"{summary.NumericalRank}/{summary.Rows}"];
        _ = table.Rows([cells]);
    }

    private static string Model(IModel model) => model switch
    {
        Transformer { Shape: { IsKernelAttention: true } shape } => $"kernel attention, {(shape.Kernel.Kind == AttentionKernelKind.Softmax ? "softmax" : "Gaussian")}, H = {shape.Heads}, D = {shape.Width}, d_k = {shape.KeyWidth}, d = {shape.ValueWidth}",
        Transformer { Shape: { IsShallowEncoder: true } shape } => $"shallow encoder, d = {shape.InputWidth}, d_m = {shape.ValueWidth}, τ₀ = {PlainText.Number(shape.LogitScale)}, τ₁ = {PlainText.Number(shape.OutputScale)}, {(shape.Pooling == TokenPooling.Sum ? "sum" : "mean")} over {((Transformer)model).Tokens} tokens",
        _ => "a Transformer",
    };
}
