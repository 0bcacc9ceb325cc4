using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>γ and β of a normalisation [1, D], 1 and 0 where it has none.</summary>
internal sealed class NormFactors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ParameterLayout _layout;

    /// <summary>Reserves the memory.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="name">What the names of its parameters begin with.</param>
    /// <param name="width">D.</param>
    /// <param name="isDirection">Whether these are tangents: then γ is 0 where there is none.</param>
    public NormFactors(ParameterLayout layout, string name, int width, bool isDirection)
    {
        _layout = layout;
        (GainIndex, ShiftIndex) = (layout.IndexOf(name + "_gain"), layout.IndexOf(name + "_shift"));
        (Gain, Shift) = (Matrix<T>.Allocate(1, width), Matrix<T>.Allocate(1, width));
        Gain.Fill(isDirection ? T.Zero : T.One);
    }

    /// <summary>γ.</summary>
    public Matrix<T> Gain { get; }

    /// <summary>β.</summary>
    public Matrix<T> Shift { get; }

    /// <summary>Number of γ in the layout, or −1.</summary>
    public int GainIndex { get; }

    /// <summary>Number of β in the layout, or −1.</summary>
    public int ShiftIndex { get; }

    /// <summary>Takes the parameters.</summary>
    public void Take(ModelParameters parameters)
    {
        if (GainIndex >= 0)
        {
            Precisions.Narrow(parameters[_layout.Blocks[GainIndex]], Gain);
        }

        if (ShiftIndex >= 0)
        {
            Precisions.Narrow(parameters[_layout.Blocks[ShiftIndex]], Shift);
        }
    }
}

/// <summary>Layer or root-mean-square normalisation of rows (E.2, E.14), in its four ways.</summary>
internal sealed class NormLayer<T>(TransformerShape shape)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _isCentred = shape.NormKind == NormKind.Layer;
    private readonly T[] _scratch = new T[Math.Max(shape.Width, shape.OutputWidth)];
    private readonly T[] _moved = new T[Math.Max(shape.Width, shape.OutputWidth)];

    /// <summary>y, and the statistics of the rows for the way back.</summary>
    /// <param name="factors">γ, β.</param>
    /// <param name="input">x [r, D].</param>
    /// <param name="statistics">Mean and 1/√(… + ε) [r, 2], overwritten.</param>
    /// <param name="output">y [r, D], overwritten.</param>
    public void Forward(NormFactors<T> factors, in Matrix<T> input, in Matrix<T> statistics, in Matrix<T> output) =>
        LayerNorm.Forward(input, factors.Gain, factors.Shift, shape.NormEpsilon, statistics, output, _isCentred);

    /// <summary>dγ and dβ where trained, and dx ← residual·dx + what goes through (E.6).</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="input">x [r, D].</param>
    /// <param name="statistics">Of the way forward.</param>
    /// <param name="dOutput">dy [r, D].</param>
    /// <param name="target">The gradients.</param>
    /// <param name="residual">Factor of the old dx, which is not read when it is 0.</param>
    /// <param name="dInput">dx [r, D].</param>
    public void Backward(
        NormFactors<T> factors, in Matrix<T> input, in Matrix<T> statistics, in Matrix<T> dOutput, in GradientTarget<T> target,
        double residual, in Matrix<T> dInput)
    {
        Span<T> dGain = Gradient(target, factors.GainIndex), dShift = Gradient(target, factors.ShiftIndex);
        LayerNorm.ParameterGradients(input, statistics, dOutput, dGain, dShift, _scratch.AsSpan(0, input.Columns));
        LayerNorm.InputGradient(input, factors.Gain, statistics, dOutput, residual, dInput, _isCentred);
    }

    /// <summary>ẏ = γ ∘ x̂˙ + γ̇ ∘ x̂ + β̇ with x̂˙ = (ẋ − mean ẋ − x̂ mean(x̂ ∘ ẋ))/s (E.15).</summary>
    /// <param name="factors">γ, β.</param>
    /// <param name="direction">γ̇, β̇.</param>
    /// <param name="input">x and ẋ [r, D].</param>
    /// <param name="statistics">Of the way forward.</param>
    /// <param name="output">ẏ [r, D], overwritten; may be the memory of ẋ.</param>
    public void Tangent(NormFactors<T> factors, NormFactors<T> direction, in Moving<T> input, in Matrix<T> statistics, in Matrix<T> output)
    {
        ReadOnlySpan<T> gain = factors.Gain.Span, dGain = direction.Gain.Span, dShift = direction.Shift.Span;
        for (int row = 0; row < input.Value.Rows; row++)
        {
            _ = Normalise(input, statistics, row);
            Span<T> y = output.Row(row);
            for (int j = 0; j < y.Length; j++)
            {
                y[j] = (gain[j] * _moved[j]) + (dGain[j] * _scratch[j]) + dShift[j];
            }
        }
    }

    /// <summary>The derivative of <see cref="Backward"/> along a direction (E.16).</summary>
    /// <param name="factors">γ, β.</param>
    /// <param name="direction">γ̇, β̇.</param>
    /// <param name="input">x and ẋ [r, D].</param>
    /// <param name="statistics">Of the way forward.</param>
    /// <param name="dOutput">dy and its tangent [r, D].</param>
    /// <param name="target">The tangents of the gradients.</param>
    /// <param name="residual">Factor of the old tangent of dx, which is not read when it is 0.</param>
    /// <param name="dInput">The tangent of dx [r, D]; may be the memory of that of dy when the factor is 0.</param>
    public void BackwardTangent(
        NormFactors<T> factors, NormFactors<T> direction, in Moving<T> input, in Matrix<T> statistics, in Moving<T> dOutput,
        in GradientTarget<T> target, double residual,
        in Matrix<T> dInput)
    {
        Span<T> dGain = Gradient(target, factors.GainIndex), dShift = Gradient(target, factors.ShiftIndex);
        ReadOnlySpan<T> gain = factors.Gain.Span, gainTangent = direction.Gain.Span;
        T count = T.CreateTruncating(gain.Length), factor = T.CreateTruncating(residual);
        for (int row = 0; row < input.Value.Rows; row++)
        {
            T projection = Normalise(input, statistics, row), scale = statistics[row, 1], mean = T.Zero, along = T.Zero,
                meanTangent = T.Zero, alongTangent = T.Zero;
            ReadOnlySpan<T> dy = dOutput.Value.Row(row), moved = dOutput.Tangent.Row(row);
            for (int j = 0; j < gain.Length; j++)
            {
                (T g, T gTangent) = (gain[j] * dy[j], (gain[j] * moved[j]) + (gainTangent[j] * dy[j]));
                (mean, meanTangent) = (mean + g, meanTangent + gTangent);
                along += g * _scratch[j];
                alongTangent += (gTangent * _scratch[j]) + (g * _moved[j]);
                if (dGain.Length > 0)
                {
                    dGain[j] += (moved[j] * _scratch[j]) + (dy[j] * _moved[j]);
                }

                if (dShift.Length > 0)
                {
                    dShift[j] += moved[j];
                }
            }

            // (E.16)  dx˙ = (ġ − mean ġ − x̂˙ m − x̂ ṁ)/s − mean(x̂ ∘ ẋ)/s · (g − mean g − x̂ m)/s,  g = γ ∘ dy, m = mean(g ∘ x̂)
            (mean, meanTangent) = _isCentred ? (mean / count, meanTangent / count) : (T.Zero, T.Zero);
            (along, alongTangent) = (along / count, alongTangent / count);
            Span<T> dx = dInput.Row(row);
            for (int j = 0; j < gain.Length; j++)
            {
                (T g, T gTangent) = (gain[j] * dy[j], (gain[j] * moved[j]) + (gainTangent[j] * dy[j]));
                T through = gTangent - meanTangent - (_moved[j] * along) - (_scratch[j] * alongTangent);
                through = scale * (through - (scale * projection * (g - mean - (_scratch[j] * along))));
                dx[j] = residual == 0 ? through : (factor * dx[j]) + through;
            }
        }
    }

    // x̂ and x̂˙ of a row in the two scratch rows; returns mean(x̂ ∘ ẋ).
    private T Normalise(in Moving<T> input, in Matrix<T> statistics, int row)
    {
        ReadOnlySpan<T> x = input.Value.Row(row), moved = input.Tangent.Row(row);
        T centre = statistics[row, 0], scale = statistics[row, 1], count = T.CreateTruncating(x.Length), mean = T.Zero, projection = T.Zero;
        for (int j = 0; j < x.Length; j++)
        {
            _scratch[j] = (x[j] - centre) * scale;
            mean += _isCentred ? moved[j] : T.Zero;
            projection += _scratch[j] * moved[j];
        }

        (mean, projection) = (mean / count, projection / count);
        for (int j = 0; j < x.Length; j++)
        {
            _moved[j] = (moved[j] - mean - (_scratch[j] * projection)) * scale;
        }

        return projection;
    }

    private static Span<T> Gradient(in GradientTarget<T> target, int index)
    {
        Span<T> gradient = target.Wants(index) ? target[index].Span : [];
        if (target.Old == 0)
        {
            gradient.Clear();
        }

        return gradient;
    }
}
