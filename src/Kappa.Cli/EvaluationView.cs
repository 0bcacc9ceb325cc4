using Kappa.Certificates;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Cli;

/// <summary>An evaluated point on the terminal, as tables or as JSON.</summary>
internal static class EvaluationView
{
    // P.2: too narrow is told apart from badly conditioned.
    private const string RankLimited = "rank-limited";
    private const string IllConditioned = "< floor";
    private const double Epsilon = 2.220446049250313e-16;

    public static void Print(Terminal terminal, PointEvaluation evaluation, bool json)
    {
        if (json)
        {
            using var stream = new MemoryStream();
            EvaluationJson.Write(evaluation, stream);
            terminal.Results.WriteLine(System.Text.Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        }
        else
        {
            PrintTables(terminal, evaluation);
        }

        // On standard error, so that whoever reads only the numbers is told as well.
        if (!double.IsFinite(evaluation.Loss))
        {
            terminal.Messages.WriteLine(
                $"kappa: {evaluation.Point.Name}: the loss must be finite but is {evaluation.Loss}: the weights or data are so large "
                    + $"that the output overflows. Scale them down.");
        }
        else if (evaluation.Estimates.Omission is { } reason)
        {
            terminal.Messages.WriteLine($"kappa: not estimated: {reason}. Allow more with --memory.");
        }
    }

    private static void PrintTables(Terminal terminal, PointEvaluation evaluation)
    {
        terminal.Paragraph(0, $"Point {evaluation.Point.Name}: {ModelWords.Of(evaluation.Point)}");
        terminal.Paragraph(
            0, $"Loss: {Number(evaluation.Loss)}   gradient norm: {Number(evaluation.GradientNorm)}   PL ratio: {PlRatio(evaluation)}");
        Layers(evaluation).Print(terminal);
        PrintNotes(
            terminal,
            [
                .. evaluation.Layers.Select(layer => layer.Spectrum.Summary),
                .. evaluation.Features is { } features ? [features.Summary] : (SpectrumSummary[])[]],
            summary =>
                $"width {summary.Columns} < {summary.Rows} rows: σ_M is 0 for any weights, κ is that of the {summary.Columns} values "
                    + $"there are",
            rows => $"{Legend(evaluation)}. Floor: ε √rows = {Number(Epsilon * Math.Sqrt(rows))} of σ_max");
        Blocks(evaluation).Print(terminal);
        if (evaluation.Kernel is { } kernel)
        {
            PrintNotes(
                terminal, [.. kernel.Blocks.Select(block => block.Summary), kernel.Summary],
                summary => $"{summary.Columns} parameters < {summary.Rows} outputs: λ_min is 0 for any weights",
                rows =>
                    $"K: kernel of the {rows} outputs in the trained parameters. Floor: ε² outputs = {Number(Epsilon * Epsilon * rows)} "
                        + $"of λ_max");
        }

        EstimatesView.Print(terminal, evaluation.Estimates);
        PrintCertificates(terminal, evaluation);
    }

    private static void PrintCertificates(Terminal terminal, PointEvaluation evaluation)
    {
        // Of a model that no theorem is about all say the same.
        bool isForeign = evaluation.Certificates.All(certificate => !certificate.Theorem.IsAbout(evaluation.Point.Model));
        foreach (Certificate certificate in isForeign ? evaluation.Certificates.Take(1) : evaluation.Certificates)
        {
            string verdict = certificate.Guarantee is { } guarantee
                ? $"guaranteed: with η = {Number(guarantee.StepSize)} every step removes at least {PlainText.Percent(guarantee.Rate)} of "
                    + $"the loss; kappa certify descends to see it."
                : certificate.Outcome == CertificateOutcome.NotApplicable
                    ? $"not applicable. {certificate.Explanation}"
                    : $"not certified. {certificate.Explanation}";
            string name = certificate.Theorem.Name;
            string title = isForeign
                ? "Certificate"
                : $"{char.ToUpperInvariant(name[0])}{name[1..]} certificate ({certificate.Theorem.Label})";
            terminal.Paragraph(0, $"{title}: {verdict}", hanging: 2);
        }
    }

    // Said once below a table and not in every row: the tables fit into 80 columns.
    private static void PrintNotes(
        Terminal terminal, SpectrumSummary[] spectra, Func<SpectrumSummary, string> narrow, Func<int, string> caption)
    {
        terminal.Paragraph(0, $"{caption(spectra[0].Rows)}.");
        foreach (string note in spectra.Where(summary => summary.Status is SpectrumStatus.RankLimited).Select(narrow).Distinct())
        {
            terminal.Paragraph(0, $"{RankLimited}: {note}.");
        }

        if (
            spectra.Any(summary =>
                summary.Status is SpectrumStatus.BelowFloor
                || (summary.Status is SpectrumStatus.RankLimited && summary.IsNumericallyDeficient)))
        {
            terminal.Paragraph(0, $"{IllConditioned} or ≥: ill-conditioned, not told from a smaller rank; κ is at least the one shown.");
        }
    }

    // Its place between the eigenvalues says whether the error lies in a fast or a slow direction.
    private static string PlRatio(PointEvaluation evaluation) => (evaluation.Loss, evaluation.Kernel) switch
    {
        (0, _) => "none, the loss is 0",
        (_, { } kernel) when evaluation.Point.Model.SquaredErrorFactor == 1 =>
            $"{Number(evaluation.PlRatio)}, between λ_min = {Number(kernel.LambdaMin)} and λ_max = {Number(kernel.LambdaMax)} of the "
                + $"kernel",
        _ => Number(evaluation.PlRatio),
    };

    private static ResultTable Layers(PointEvaluation evaluation)
    {
        ResultTable table = Headed("block, matrix", "σ_max", "σ_M", "κ", "worst sample κ", "rank");
        foreach (LayerSpectrum layer in evaluation.Layers)
        {
            AddPart(table, $"{layer.Matrix.Layer} {Symbol(layer.Matrix, evaluation.Point.Model)}", layer.Spectrum);
        }

        if (evaluation.Features is { } features)
        {
            AddPart(table, FeatureSymbol(evaluation.Point.Model), features);
        }

        return table;
    }

    private static string FeatureSymbol(IModel model) => model is Transformer { Shape.IsKernelAttention: true } ? "B" : "F_pre";

    private static string Symbol(LayerMatrix matrix, IModel model) => matrix.Part switch
    {
        LayerPart.AttentionNorm => "N(Z)",
        LayerPart.HeadBranch => $"head {matrix.Head}",
        LayerPart.AttentionBranch => model is ResidualTransformer ? "A Z W_V" : "branch",
        LayerPart.AttentionOutput => "H",
        LayerPart.AttentionOutputNorm => "N(H)",
        LayerPart.Hidden => "Φ",
        _ => "N(Z⁺)",
    };

    private static string Legend(PointEvaluation evaluation)
    {
        IModel model = evaluation.Point.Model;
        string[] parts =
        [
            .. evaluation.Layers.DistinctBy(layer => layer.Matrix.Part).Select(layer => layer.Matrix.Part switch
            {
                LayerPart.AttentionNorm => "N(Z): what attention reads",
                LayerPart.HeadBranch => "head: what one head adds",
                LayerPart.AttentionBranch => $"{Symbol(layer.Matrix, model)}: attention branch",
                LayerPart.AttentionOutput => "H: attention output",
                LayerPart.AttentionOutputNorm => "N(H): the same, normalised",
                LayerPart.Hidden => "Φ: hidden",
                _ => "N(Z⁺): output, normalised",
            }),
        ];
        string features = evaluation.Features is null
            ? string.Empty
            : FeatureSymbol(model) == "B" ? ", B: features (G.3)"
            : ", F_pre: features (S.4)";
        return $"{string.Join(", ", parts)}{features}";
    }

    private static void AddPart(ResultTable table, string name, MatrixSpectrum spectrum)
    {
        SpectrumSummary summary = spectrum.Summary;
        AddRow(
            table, name, Number(summary.SigmaMax), Smallest(summary, summary.SigmaMinRow),
            Bounded(summary.ConditionNumber, summary.IsNumericallyDeficient),
            Bounded(spectrum.Samples.ConditionNumberMax, spectrum.Samples.BelowFloor > 0), Rank(summary));
    }

    private static ResultTable Blocks(PointEvaluation evaluation)
    {
        ResultTable table = evaluation.Kernel is null
            ? Headed("trained", "‖∇ℒ‖")
            : Headed("trained", "‖∇ℒ‖", "λ_max(K)", "λ_min(K)", "κ(K)", "rank");
        int index = 0;
        foreach (ParameterBlock block in evaluation.Point.TrainedBlocks)
        {
            AddBlock(table, block.Name, evaluation.BlockGradientNorm(block), evaluation.Kernel?.Blocks[index++].Summary);
        }

        AddBlock(table, "all", evaluation.GradientNorm, evaluation.Kernel?.Summary);
        return table;
    }

    private static void AddBlock(ResultTable table, string name, double gradientNorm, SpectrumSummary? jacobian)
    {
        string[] kernel = jacobian is { } summary
            ?
            [
                Number(Square(summary.SigmaMax)), Smallest(summary, Square(summary.SigmaMinRow)),
                Bounded(Square(summary.ConditionNumberRow), summary.Status is SpectrumStatus.BelowFloor), Rank(summary),
            ]
            : [];
        AddRow(table, [name, Number(gradientNorm), .. kernel]);
    }

    private static string Smallest(SpectrumSummary summary, double value) => summary.Status switch
    {
        SpectrumStatus.RankLimited => RankLimited,
        SpectrumStatus.BelowFloor => IllConditioned,
        _ => Number(value),
    };

    private static string Rank(SpectrumSummary summary) =>
        summary.Status is SpectrumStatus.NonFinite ? Number(double.NaN) : $"{summary.NumericalRank}/{summary.Rows}";

    // The first two and the smallest value are what the table is for; the others give way to a narrow screen.
    private static ResultTable Headed(params string[] headers) =>
        new(
            [
                .. headers.Select((header, k) =>
                    new ResultColumn(
                        header,
                        header is "worst sample κ" or "rank" or "σ_max" or "λ_max(K)"
                            ? headers.Length - k
                            : null))])
        { Elsewhere = "--json has them" };

    private static void AddRow(ResultTable table, params string[] cells) => table.Rows([cells]);

    private static string Bounded(double value, bool isLowerBound) =>
        isLowerBound && double.IsFinite(value) ? $"≥ {Number(value)}" : Number(value);

    private static double Square(double x) => x * x;

    private static string Number(double value) => PlainText.Number(value);
}
