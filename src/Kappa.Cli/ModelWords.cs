using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;

namespace Kappa.Cli;

/// <summary>The model of a point in words: its sizes, and what else it has.</summary>
internal static class ModelWords
{
    public static string Of(ModelPoint point)
    {
        long trained = point.TrainedBlocks.Sum(block => (long)block.Length);
        string model = point.Model is ResidualTransformer residual ? Of(residual) : Of((Transformer)point.Model);
        return $"{model}, {trained} of {point.Model.Layout.Length} parameters trained.";
    }

    private static string Of(ResidualTransformer model)
    {
        ResidualTransformerShape shape = model.Shape;
        string readout = shape.ReadoutWidth is { } width ? $", readout of width {width}" : string.Empty;
        return $"depth {shape.Depth}, d = {shape.Width}, d_k = {shape.KeyWidth}, m = {shape.FfnWidth}{readout}, "
            + $"{Data(model.Samples, model.Tokens)},\n"
            + $"τ = {Number(shape.LogitScale)}, ρ_a = {Number(shape.AttentionResidual)}, ρ_f = {Number(shape.FfnResidual)}, "
            + $"{Of(shape.Activation)}";
    }

    private static string Of(Transformer model)
    {
        TransformerShape shape = model.Shape;
        string kernel = shape.Kernel.Kind switch
        {
            AttentionKernelKind.Softmax => "softmax",
            AttentionKernelKind.Gaussian => "Gaussian",
            _ => "linear kernel",
        };
        if (shape.IsKernelAttention)
        {
            return $"kernel attention, {kernel}, H = {shape.Heads}, D = {shape.Width}, d_k = {shape.KeyWidth}, d = {shape.ValueWidth}, "
                + $"{Data(model.Samples, model.Tokens)}";
        }

        if (shape.IsShallowEncoder)
        {
            return $"shallow encoder, d = {shape.InputWidth}, d_m = {shape.ValueWidth}, τ₀ = {Number(shape.LogitScale)}, τ₁ = "
                + $"{Number(shape.OutputScale)}, "
                + $"{(shape.Pooling == TokenPooling.Sum ? "sum" : "mean")} over the tokens, {Data(model.Samples, model.Tokens)}";
        }

        (bool IsThere, string Words)[] parts =
        [
            (shape.HasEmbedding, "embedding"),
            (shape.Positions != PositionKind.None, $"{Word(shape.Positions)} positions"),
            (shape.HasOutput, "W_O"),
            (shape.HasAttentionBiases || shape.HasFfnBiases, "biases"),
            (shape.Mask == AttentionMask.Causal, "causal mask"),
            (shape.AttentionActivation is not null, "activation after attention"),
            (shape.Norm == NormPlace.Before, "normalised before"),
            (shape.Norm == NormPlace.After, "normalised after"),
            (shape.HasLastNorm, "last norm"),
            (shape.FfnWidth is not null, shape.FfnWidth is null ? string.Empty : $"feed-forward {Of(shape.Activation)}"),
            (shape.Readout == ReadoutKind.Pooled, $"{Word(shape.Pooling)} of the tokens"),
            (model.HasLabels, "cross-entropy"),
        ];
        string ffn = shape.FfnWidth is { } hidden ? $", m = {hidden}" : string.Empty;
        string readout = shape.ReadoutWidth is { } width ? $", readout of width {width}" : string.Empty;
        return $"depth {shape.Depth}, d = {shape.Width}, {kernel}, H = {shape.Heads}, d_k = {shape.KeyWidth}, d_v = "
            + $"{shape.ValueWidth}{ffn}{readout}, "
            + $"{Data(model.Samples, model.Tokens)},\nτ = {Number(shape.LogitScale)}, ρ_a = {Number(shape.AttentionResidual)}, ρ_f = "
            + $"{Number(shape.FfnResidual)}"
            + string.Concat(parts.Where(part => part.IsThere).Select(part => $", {part.Words}"));
    }

    private static string Of(Activation activation) => activation.Kind switch
    {
        ActivationKind.LeakyRelu => $"leaky ReLU (γ = {Number(activation.Slope)})",
        ActivationKind.SmoothLeakyRelu => $"smooth leaky ReLU (γ = {Number(activation.Slope)}, ε = {Number(activation.Smoothing)})",
        ActivationKind.Relu => "ReLU",
        ActivationKind.Gelu => "GELU",
        _ => "no activation",
    };

    private static string Data(int samples, int tokens) => $"N = {samples} samples of n = {tokens} tokens";

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Number(double value) => PlainText.Number(value);
}
