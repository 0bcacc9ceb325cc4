using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Runs.Certification;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>The ladder of a full-batch run of model G or S: guaranteed by each theorem, linearised by the kernel at both ends, measured.</summary>
internal sealed class TrainableLadder
{
    private readonly Experiment _experiment;
    private readonly ModelParameters? _last;
    private readonly long _lastStep;
    private readonly LadderLimits _limits;
    private readonly double _gradient;
    private readonly long _outputs;
    private readonly long _count;

    private TrainableLadder(Experiment experiment, long lastStep, LadderLimits limits, CancellationToken cancellation)
    {
        (_experiment, _lastStep, _limits) = (experiment, lastStep, limits);
        IModel model = experiment.Model;
        _outputs = (long)model.Samples * model.OutputRows * model.OutputColumns;
        _count = model.Layout.Blocks.Where(experiment.Trained.Includes).Sum(block => (long)block.Length);

        // Six operations for each pair of a token row and a parameter: forward, and twice that backward.
        _gradient = 6.0 * model.Layout.Length * model.Samples * (model is Transformer { Shape.IsShallowEncoder: true } encoder ? encoder.Tokens : model.OutputRows);
        _last = lastStep > 0 && lastStep * _gradient <= limits.DescentWork ? Descend(experiment, lastStep, cancellation) : null;
    }

    // The rows of J by one backward pass of a sample each, and their reduction.
    private double KernelWork => (_outputs * _gradient / _experiment.Model.Samples) + (2.0 * _outputs * _count * Math.Min(_outputs, _count));

    // Lanczos: 200 products, each a gradient and a tangent of about the same cost, and each new vector made orthogonal to those before, twice.
    private double MatrixFreeWork => 2 * ((200 * 2 * _gradient) + (8.0 * 200 * 200 * _outputs / 2));

    private double StepSize => _experiment.StepSize;

    /// <summary>Computes it; null for a run that is no plain gradient descent on a squared loss, where these rates mean nothing.</summary>
    /// <param name="experiment">The run's experiment.</param>
    /// <param name="fit">The fit of its loss curve.</param>
    /// <param name="lastStep">Last recorded step; states are made again by descending once more.</param>
    /// <param name="limits">What it may cost; the defaults when null.</param>
    /// <param name="cancellation">Ends it.</param>
    public static RateLadder? Of(Experiment experiment, RateFit? fit, long lastStep, LadderLimits? limits = null, CancellationToken cancellation = default)
    {
        if (!experiment.IsGradientDescent || double.IsNaN(experiment.Model.SquaredErrorFactor))
        {
            return null;
        }

        var ladder = new TrainableLadder(experiment, lastStep, limits ?? LadderLimits.Default, cancellation);
        Rung[] rungs = [.. ladder.Guaranteed(), .. ladder.Kernel(), .. MeasuredRungs.Of(fit)];
        return new RateLadder
        {
            StepSize = ladder.StepSize,
            Steps = ladder._last is null ? [0] : [0, lastStep],
            Rungs = rungs,
            Ratios = [.. RateLadder.RatiosOf(rungs)],
        };
    }

    private IEnumerable<Rung> Guaranteed()
    {
        var theorems = ModelTheorems.At(_experiment.Model, _experiment.Initial, _experiment.Trained);

        // What can never certify is no rung: it would be missing for any run.
        foreach (Theorem theorem in theorems.All.Where(theorem => theorem.CanCertify))
        {
            var rung = new Rung { Name = $"guaranteed.{theorem.Name}", Title = $"guaranteed, {theorem.Name}", Kind = RungKind.APriori, Grade = RungGrade.Proven, Label = theorem.Label };
            Certificate own = theorems.Ask(theorem, CertificateOptions.Default with { StepSize = StepSize });

            // Where the run's step is not admitted the theorem may still hold for a smaller one.
            Certificate said = own.Outcome == CertificateOutcome.NotCertified ? theorems.Ask(theorem, CertificateOptions.Default) : own;
            yield return said.Guarantee is { } guarantee ? Certified(rung, guarantee) : rung with { WhyMissing = own.Explanation };
        }
    }

    private Rung Certified(Rung rung, Guarantee guarantee)
    {
        bool isOwn = guarantee.StepSize == StepSize;
        return rung with
        {
            Value = guarantee.Rate,
            OtherStepSize = isOwn ? null : guarantee.StepSize,
            Note = isOwn ? "from step 0 on" : FormattableString.Invariant($"from step 0 on; for η = {NumberText.Of(guarantee.StepSize, 3)}, not the run's {NumberText.Of(StepSize, 3)}"),
        };
    }

    // In full where both ends of the run are affordable, otherwise from products with the kernel.
    private IEnumerable<Rung> Kernel()
    {
        bool isInFull = KernelWork <= _limits.KernelWork && _outputs * _count * sizeof(double) <= _limits.JacobianMemory / 2;
        var start = new Rung { Name = "kernel.start", Title = "kernel, start", Kind = RungKind.APriori, Grade = isInFull ? RungGrade.Linearised : RungGrade.Estimated, Label = isInFull ? "P.4" : "P.7" };
        Rung end = start with { Name = "kernel.end", Title = "kernel, end", Kind = RungKind.AlongThePath };
        if (!isInFull && (MatrixFreeWork > _limits.KernelWork))
        {
            string why = FormattableString.Invariant(
                $"The kernel's ends need {NumberText.Of(MatrixFreeWork, 2)} operations even without the matrix, for {_outputs} outputs and {_count} trained parameters, and the limit is {NumberText.Of(_limits.KernelWork, 2)}; use fewer samples or train fewer matrices.");
            return [start with { WhyMissing = why }, end with { WhyMissing = why }];
        }

        return [At(start, _experiment.Initial, 0, isInFull), _last is null ? end with { WhyMissing = SpectralRungs.NoLaterState } : At(end, _last, _lastStep, isInFull)];
    }

    // (P.4), both sides: the kernel of a mean loss is divided by the samples as the loss is.
    private Rung At(Rung rung, ModelParameters parameters, long step, bool isInFull)
    {
        double stepSize = StepSize * _experiment.Model.SquaredErrorFactor;
        KernelEnds ends;
        if (isInFull)
        {
            SpectrumSummary summary = JacobianMatrix.Spectrum(JacobianMatrix.Of(_experiment.Model, parameters, _experiment.Trained), out double[] values);
            ends = KernelEnds.Of(summary, values, step, stepSize);
        }
        else
        {
            var kernel = new KernelOperator(_experiment.Model, parameters, _experiment.Trained);
            ends = KernelEnds.Estimated(KernelExtremes.Of(kernel, kernel.Parameters), step, stepSize);
        }

        return rung with { Value = ends.Rate, Note = ends.Note };
    }

    private static ModelParameters Descend(Experiment experiment, long lastStep, CancellationToken cancellation)
    {
        DescentState state = experiment.Start();
        _ = experiment.DescentTo(lastStep).Run(state, cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        return state.Parameters;
    }
}
