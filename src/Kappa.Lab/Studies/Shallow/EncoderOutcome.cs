using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>What a run of model S gave.</summary>
/// <param name="Run">The run.</param>
/// <param name="StepSize">η.</param>
/// <param name="LargestEigenvalue">λ_max(K_0), of the summed loss; NaN where the run did not need it.</param>
/// <param name="Diverged">Whether loss or gradient left the finite numbers.</param>
/// <param name="Loss">ℓ_k, one a step, up to the last finite one.</param>
/// <param name="Movement">‖W_T − W_0‖/‖W_0‖ of <see cref="Matrices"/>.</param>
/// <param name="KernelMovement">‖K_T − K_0‖/‖K_0‖; NaN when it is not measured.</param>
internal sealed record EncoderOutcome(EncoderRun Run, double StepSize, double LargestEigenvalue, bool Diverged, double[] Loss, double[] Movement, double KernelMovement)
{
    /// <summary>The loss fraction of T(1e-2).</summary>
    public const double Target = FirstPassage.Hundredth;

    /// <summary>Names of the matrices, in the order of <see cref="Movement"/>.</summary>
    public static IReadOnlyList<string> Matrices { get; } = ["query", "key", "value", "readout"];

    /// <summary>T(1e-2), or one more than the budget as a lower bound.</summary>
    public (double Value, bool IsLowerBound) StepsToTarget => FirstPassage.Of(Loss, Target) is int step ? (step, false) : (Run.Steps + 1.0, true);

    public double FinalFraction => Diverged ? double.PositiveInfinity : Loss[^1] / Loss[0];

    public RateFit Rate => RateFit.Of(Loss);

    /// <summary>Makes the run.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static EncoderOutcome Of(EncoderRun run, CancellationToken cancellation)
    {
        (Transformer model, ModelParameters start) = run.Prepare();
        using (model)
        {
            Matrix kernel = run.NeedsKernel ? EncoderKernel.Of(model, start) : default;
            double eigenvalue = run.NeedsKernel ? EncoderKernel.Largest(kernel) : double.NaN;

            // The mean over samples divides the kernel of the loss by N.
            double stepSize = run.Step.IsMultiple ? run.Step.Value * (run.Normalisation.Reduction == LossReduction.Mean ? run.Sizes.Samples : 1) / eigenvalue : run.Step.Value;
            if (!double.IsFinite(stepSize))
            {
                // A kernel of zero teaches nothing, at any step.
                double loss = model.Loss(start, model.AllSamples);
                return new EncoderOutcome(run, 0, eigenvalue, false, [loss], new double[Matrices.Count], double.NaN);
            }

            return Descend(run, model, start, kernel, eigenvalue, stepSize, cancellation);
        }
    }

    private static EncoderOutcome Descend(EncoderRun run, Transformer model, ModelParameters start, Matrix kernel, double eigenvalue, double stepSize, CancellationToken cancellation)
    {
        var losses = new List<double>();
        using var reached = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var descent = new GradientDescent(
            model,
            new DescentOptions { StepSize = StepSizeRule.Fixed(stepSize), Method = new PlainDescent(RoundsOnce: true), MaximumSteps = run.Steps + 1L });
        DescentState state = descent.Start(start);
        DescentOutcome outcome = descent.Run(
            state,
            step =>
            {
                // The parameters are those of one step more than the losses.
                if (step.Step > run.Steps)
                {
                    return;
                }

                losses.Add(step.Loss);
                if (step.Loss <= run.StopAt * losses[0])
                {
                    reached.Cancel();
                }
            },
            cancellation: reached.Token);
        cancellation.ThrowIfCancellationRequested();
        bool diverged = outcome.Reason == StopReason.NonFinite;
        if (losses.Count == 0)
        {
            losses.Add(double.MaxValue);
        }

        double[] movement = [.. Matrices.Select(name => diverged ? double.PositiveInfinity : Math.Sqrt(Vectors.SquaredDistance(state.Parameters[name].Span, start[name].Span)) / Vectors.Norm(start[name].Span))];
        double kernelMovement = run.MeasuresKernel && !diverged ? EncoderKernel.Distance(EncoderKernel.Of(model, state.Parameters), kernel) : double.NaN;
        return new EncoderOutcome(run, stepSize, eigenvalue, diverged, [.. losses], movement, kernelMovement);
    }

    /// <summary>Adds the numbers to a record under a prefix.</summary>
    public void Write(Checkpoint record, string prefix)
    {
        record.AddNumber(prefix + "stepSize", StepSize);
        record.AddNumber(prefix + "eigenvalue", LargestEigenvalue);
        record.AddNumber(prefix + "diverged", Diverged ? 1 : 0);
        record.AddTensor(prefix + "loss", [Loss.Length], Loss);
        record.AddTensor(prefix + "movement", [Movement.Length], Movement);
        record.AddNumber(prefix + "kernelMovement", KernelMovement);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static EncoderOutcome Read(Checkpoint record, string prefix, EncoderRun run)
    {
        double[] Series(string name) => record.Tensors.Single(tensor => tensor.Name == prefix + name).Value.Data;
        return new EncoderOutcome(
            run, record.GetNumber(prefix + "stepSize"), record.GetNumber(prefix + "eigenvalue"), record.GetNumber(prefix + "diverged") != 0,
            Series("loss"), Series("movement"), record.GetNumber(prefix + "kernelMovement"));
    }
}
