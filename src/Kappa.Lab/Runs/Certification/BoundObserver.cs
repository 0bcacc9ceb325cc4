using System.Globalization;
using Kappa.Certificates;
using Kappa.Numerics;

namespace Kappa.Lab.Runs.Certification;

/// <summary>(1 − rate)^k ℒ_t, compared in ‖e‖ with what rounding may add.</summary>
/// <param name="Start">ℒ_t.</param>
/// <param name="Rate">The guaranteed one.</param>
/// <param name="Rounding">What rounding may add to ‖e‖.</param>
internal readonly record struct LossBound(double Start, double Rate, double Rounding)
{
    // Beyond it rounding is more than a hundredth of the bound of ‖e‖.
    public long LastMeaningfulStep => Start > 0 && Math.Sqrt(2 * Start) > 100 * Rounding
        ? (long)Math.Min(2 * Math.Log(Math.Sqrt(2 * Start) / (100 * Rounding)) / -Logarithm.OfOnePlus(-Rate), long.MaxValue / 2)
        : 0;

    public bool Allows(long step, double loss) =>
        Math.Sqrt(2 * loss) <= (Math.Sqrt(2 * Start) * Math.Exp(0.5 * step * Logarithm.OfOnePlus(-Rate)) * (1 + 1e-9)) + Rounding;

    public double At(long step) => Start * Math.Exp(step * Logarithm.OfOnePlus(-Rate));
}

/// <summary>Collects the losses of a descent, and the first thing that a guarantee excludes.</summary>
internal sealed class BoundObserver
{
    private readonly List<double> _losses = [];
    private double _first;
    private double _last;

    public long Steps { get; private set; }

    public string? Violation { get; set; }

    public void Add(long step, double loss, LossBound bound)
    {
        _first = step == 0 ? loss : _first;
        (_last, Steps) = (loss, step);
        _losses.Add(loss);
        if (_first == 0)
        {
            _first = bound.Start;
        }

        if (!bound.Allows(step, loss))
        {
            Violation ??= FormattableString.Invariant(
                $"after {step} steps the loss is {NumberText.Of(loss, 6)} but at most {NumberText.Of(bound.At(step), 6)} is guaranteed");
        }
    }

    public void AddRadius(long step, BlockRadius radius, double moved)
    {
        if (!(moved <= radius.Radius))
        {
            Violation ??= string.Create(
                CultureInfo.InvariantCulture,
                $"after {step} steps {radius.Block.Name} has moved by {NumberText.Of(moved, 6)} but at most "
                    + $"{NumberText.Of(radius.Radius, 6)} is guaranteed");
        }
    }

    public BoundObservation Conclude(bool isRecord, Guarantee guarantee)
    {
        double slope = Math.Log(_last / _first) / Steps;
        return new BoundObservation(
            isRecord, Steps, guarantee.StepSize, guarantee.Rate, 1 - Math.Exp(slope), slope / Logarithm.OfOnePlus(-guarantee.Rate),
            Violation)
        { Losses = _losses };
    }
}
