using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Model G on Gaussian tokens: tokens scale·N(0, 1), targets N(0, 1/D_out) unless others are given.</summary>
/// <remarks>Both kernels of a seed see the same tokens, targets and draw of the weights.</remarks>
internal sealed class KernelProblem : IDisposable
{
    private KernelProblem(Transformer model, ModelParameters start) => (Model, Start) = (model, start);

    /// <summary>The model with its data.</summary>
    public Transformer Model { get; }

    /// <summary>θ_0.</summary>
    public ModelParameters Start { get; }

    /// <summary>Independent targets.</summary>
    public static KernelProblem Of(TransformerShape shape, KernelSize size, double tokenScale, long seed, Func<ParameterBlock, double>? gain = null)
    {
        Matrix targets = Gaussian(seed, "data.targets", size.Samples * size.Tokens, shape.OutputWidth, 1 / Math.Sqrt(shape.OutputWidth));
        return new KernelProblem(Transformer.OfArrays(shape, Tokens(shape, size, tokenScale, seed), targets, size.Samples), ModelInitialisation.Create(shape, seed, gain));
    }

    /// <summary>Targets F_0 + distance ‖F_0‖ · (a random direction): near the output at the start.</summary>
    public static KernelProblem Local(TransformerShape shape, KernelSize size, double distance, long seed)
    {
        Matrix inputs = Tokens(shape, size, 1, seed);
        ModelParameters start = ModelInitialisation.Create(shape, seed);
        Matrix output = Matrix.Allocate(inputs.Rows, shape.OutputWidth);
        using (var at = Transformer.OfArrays(shape, inputs, output, size.Samples))
        {
            at.Output(start, at.AllSamples, output);
        }

        Matrix direction = Gaussian(seed, "data.direction", output.Rows, output.Columns, 1);
        double length = distance * Vectors.Norm(output.Span) / Vectors.Norm(direction.Span);
        Vectors.AddScaled(output.Span, length, direction.Span);
        return new KernelProblem(Transformer.OfArrays(shape, inputs, output, size.Samples), start);
    }

    /// <summary>σ_max(J)² and the rank of J at the start.</summary>
    public SpectrumSummary Kernel(TrainedSet trained) => JacobianMatrix.Spectrum(JacobianMatrix.Of(Model, Start, trained), out _);

    /// <summary>Full-batch gradient descent; ℒ_k for every step that was finite.</summary>
    public double[] Descend(TrainedSet trained, double stepSize, int steps, CancellationToken cancellation)
    {
        var losses = new List<double>(steps);
        var descent = new GradientDescent(Model, new DescentOptions
        {
            StepSize = StepSizeRule.Fixed(stepSize),
            Method = new PlainDescent(RoundsOnce: true),
            Trained = trained,
            MaximumSteps = steps - 1,
        });
        if (descent.Run(descent.Start(Start), step => losses.Add(step.Loss), cancellation: cancellation).Reason == StopReason.NonFinite)
        {
            losses.Add(double.PositiveInfinity);
        }

        cancellation.ThrowIfCancellationRequested();
        return [.. losses];
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    private static Matrix Tokens(TransformerShape shape, KernelSize size, double scale, long seed) => Gaussian(seed, "data.inputs", size.Samples * size.Tokens, shape.Width, scale);

    private static Matrix Gaussian(long seed, string name, int rows, int columns, double scale)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(seed, name).FillGaussian(matrix.Span);
        Vectors.Scale(matrix.Span, scale);
        return matrix;
    }
}

/// <summary>N and n.</summary>
/// <param name="Samples">N.</param>
/// <param name="Tokens">n.</param>
internal sealed record KernelSize(int Samples, int Tokens)
{
    /// <summary>M = N n.</summary>
    public int Rows => Samples * Tokens;
}
