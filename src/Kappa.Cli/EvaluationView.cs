using Kappa.Lab.Points;
using Kappa.Models;
using Kappa.Spectra;
using Spectre.Console;

namespace Kappa.Cli;

/// <summary>An evaluated point on the terminal, as tables or as JSON.</summary>
internal static class EvaluationView
{
    public static void Print(Terminal terminal, PointEvaluation evaluation, bool isKernelUnwanted, bool json)
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
            terminal.Messages.WriteLine($"kappa: {evaluation.Point.Name}: the loss must be finite but is {evaluation.Loss}: the weights or data are so large that the output overflows. Scale them down.");
        }
        else if (evaluation.KernelOmission is { } reason && !isKernelUnwanted)
        {
            terminal.Messages.WriteLine($"The kernel was left out: {reason}. Allow more with --memory.");
        }
    }

    private static void PrintTables(Terminal terminal, PointEvaluation evaluation)
    {
        terminal.Results.WriteLine($"Point {evaluation.Point.Name}: {Model(evaluation.Point)}");
        terminal.Results.WriteLine($"Loss: {Number(evaluation.Loss)}   gradient norm: {Number(evaluation.GradientNorm)}   PL ratio: {PlRatio(evaluation)}");
        terminal.Render(Layers(evaluation));
        terminal.Render(Blocks(evaluation));
    }

    private static string Model(TrainingPoint point)
    {
        ResidualTransformerShape shape = point.Shape;
        long trained = point.TrainedBlocks.Sum(block => (long)block.Length);
        string activation = shape.Activation.Kind switch
        {
            ActivationKind.LeakyRelu => $"leaky ReLU (γ = {Number(shape.Activation.Slope)})",
            ActivationKind.SmoothLeakyRelu => $"smooth leaky ReLU (γ = {Number(shape.Activation.Slope)}, ε = {Number(shape.Activation.Smoothing)})",
            ActivationKind.Relu => "ReLU",
            ActivationKind.Gelu => "GELU",
            _ => "no activation",
        };
        string readout = shape.ReadoutWidth is { } width ? $", readout of width {width}" : string.Empty;
        return $"depth {shape.Depth}, d = {shape.Width}, d_k = {shape.KeyWidth}, m = {shape.FfnWidth}{readout}, N = {point.Samples} samples of n = {point.Tokens} tokens,\n"
            + $"τ = {Number(shape.LogitScale)}, ρ_a = {Number(shape.AttentionResidual)}, ρ_f = {Number(shape.FfnResidual)}, {activation}, {trained} of {point.Weights.Layout.Length} parameters trained.";
    }

    // Its place between the eigenvalues says whether the error lies in a fast or a slow direction.
    private static string PlRatio(PointEvaluation evaluation) => (evaluation.Loss, evaluation.Kernel) switch
    {
        (0, _) => "none, the loss is 0",
        (_, { } kernel) => $"{Number(evaluation.PlRatio)}, between λ_min = {Number(kernel.LambdaMin)} and λ_max = {Number(kernel.LambdaMax)} of the kernel",
        _ => Number(evaluation.PlRatio),
    };

    private static Table Layers(PointEvaluation evaluation)
    {
        Table table = Headed("block", "matrix", "σ_max", "σ_M", "κ", "floor", "worst κ of a sample", "remark");
        foreach (LayerSpectra layer in evaluation.Layers)
        {
            AddPart(table, layer.Layer, "branch A Z W_V", layer.AttentionBranch);
            AddPart(table, layer.Layer, "output H", layer.AttentionOutput);
            AddPart(table, layer.Layer, "hidden Φ", layer.Hidden);
        }

        return table;
    }

    private static void AddPart(Table table, int layer, string part, MatrixSpectrum spectrum)
    {
        SpectrumSummary summary = spectrum.Summary;
        AddRow(
            table, $"{layer}", part, Number(summary.SigmaMax), Number(summary.SigmaMinRow), Bounded(summary.ConditionNumber, summary.IsNumericallyDeficient), Floor(summary.Floor),
            Bounded(spectrum.Samples.ConditionNumberMax, spectrum.Samples.BelowFloor > 0), Remark(summary, $"width {summary.Columns} < {summary.Rows} rows"));
    }

    private static Table Blocks(PointEvaluation evaluation)
    {
        Table table = evaluation.Kernel is null ? Headed("trained", "size", "‖∇ℒ‖") : Headed("trained", "size", "‖∇ℒ‖", "λ_max(K)", "λ_min(K)", "κ(K)", "floor", "remark");
        int index = 0;
        foreach (ParameterBlock block in evaluation.Point.TrainedBlocks)
        {
            AddBlock(table, block.Name, block.Length, evaluation.BlockGradientNorm(block), evaluation.Kernel?.Blocks[index++].Summary);
        }

        AddBlock(table, "all", evaluation.Point.TrainedBlocks.Sum(block => (long)block.Length), evaluation.GradientNorm, evaluation.Kernel?.Summary);
        return table;
    }

    private static void AddBlock(Table table, string name, long parameters, double gradientNorm, SpectrumSummary? jacobian)
    {
        string[] kernel = jacobian is { } summary
            ?
            [
                Number(Square(summary.SigmaMax)), Number(Square(summary.SigmaMinRow)), Bounded(Square(summary.ConditionNumberRow), summary.Status is SpectrumStatus.BelowFloor),
                Floor(Square(summary.Floor)), Remark(summary, $"{summary.Columns} parameters < {summary.Rows} outputs"),
            ]
            : [];
        AddRow(table, [name, $"{parameters}", Number(gradientNorm), .. kernel]);
    }

    // P.2: too narrow is told apart from badly conditioned.
    private static string Remark(SpectrumSummary summary, string narrow)
    {
        string rank = $"ill-conditioned: rank {summary.NumericalRank} of {Math.Min(summary.Rows, summary.Columns)}";
        return summary.Status switch
        {
            SpectrumStatus.RankLimited => $"rank-limited: {narrow}{(summary.IsNumericallyDeficient ? $"; {rank}" : string.Empty)}",
            SpectrumStatus.BelowFloor => rank,
            SpectrumStatus.Zero => "zero",
            SpectrumStatus.NonFinite => "not finite",
            _ => string.Empty,
        };
    }

    private static Table Headed(params string[] headers)
    {
        var table = new Table { Border = TableBorder.Rounded };
        return table.AddColumns(headers);
    }

    private static void AddRow(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    private static string Bounded(double value, bool isLowerBound) => isLowerBound && double.IsFinite(value) ? $"≥ {Number(value)}" : Number(value);

    private static double Square(double x) => x * x;

    private static string Floor(double value) => FormattableString.Invariant($"{value:G2}");

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "∞" : FormattableString.Invariant($"{value:G4}");
}
