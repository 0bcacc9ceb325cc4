using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>A descent that can be advanced step by step and at whose states a theorem can be asked.</summary>
/// <typeparam name="TState">What the descent carries from one step to the next.</typeparam>
public interface ICertifiablePath<TState>
    where TState : class
{
    /// <summary>k of a state.</summary>
    /// <param name="state">The state.</param>
    long StepOf(TState state);

    /// <summary>A copy that can be advanced by itself.</summary>
    /// <param name="state">The state.</param>
    TState Copy(TState state);

    /// <summary>Descends in place.</summary>
    /// <param name="state">Advanced.</param>
    /// <param name="target">The step to descend to; not before the state.</param>
    /// <returns>False when the descent stopped before.</returns>
    bool Advance(TState state, long target);

    /// <summary>ℒ at a state.</summary>
    /// <param name="state">The state.</param>
    double Loss(TState state);

    /// <summary>Asks the theorem at a state.</summary>
    /// <param name="state">The state.</param>
    /// <param name="options">What it is asked.</param>
    Certificate Certify(TState state, CertificateOptions options);
}

/// <summary>What a search along a path found.</summary>
/// <typeparam name="TState">What the descent carries.</typeparam>
/// <param name="State">The first certified state; <c>null</c> for none.</param>
/// <param name="Certificate">The certificate there; otherwise the last one evaluated.</param>
/// <param name="Tried">Every step that was evaluated, in order of evaluation.</param>
/// <param name="Schedule">How it was searched, in one sentence.</param>
public sealed record FirstStep<TState>(TState? State, Certificate Certificate, IReadOnlyList<TriedStep> Tried, string Schedule)
    where TState : class;

/// <summary>The first step of a path from which convergence is certain (C.20): a geometric
/// schedule, then bisection between its last failure and first success.</summary>
/// <remarks>Steps between two tried ones may be certified as well, for nothing says that the property is monotone. Stateless.</remarks>
public static class FirstStepSearch
{
    /// <summary>Searches.</summary>
    /// <typeparam name="TState">What the descent carries.</typeparam>
    /// <param name="path">The path, of one theorem.</param>
    /// <param name="state">Where to begin; advanced, to the last state tried when none is certified.</param>
    /// <param name="options">What to look at.</param>
    /// <param name="cancellation">Ends the search between two evaluations.</param>
    /// <exception cref="ArgumentException">The growth is not above 1.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static FirstStep<TState> Run<TState>(
        ICertifiablePath<TState> path, TState state, FirstStepOptions options, CancellationToken cancellation = default)
        where TState : class
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(options);
        return options.Growth > 1
            ? new Searcher<TState>(path, path.Loss(state), options, cancellation).Run(state)
            : throw new ArgumentException($"The growth of the schedule must exceed 1 but is {options.Growth}.", nameof(options));
    }

    private sealed class Searcher<TState>(
        ICertifiablePath<TState> path, double startLoss, FirstStepOptions options, CancellationToken cancellation)
        where TState : class
    {
        private readonly List<TriedStep> _tried = [];

        public FirstStep<TState> Run(TState state)
        {
            TState? failed = null;
            long target = Math.Max(options.FirstStep, path.StepOf(state));
            while (true)
            {
                bool isThere = Advance(state, target);
                TriedStep tried = Try(state);
                if (tried.Outcome == CertificateOutcome.Guaranteed)
                {
                    return failed is null ? Result(state, tried.Certificate) : Bisect(failed, state, tried.Certificate);
                }

                if (!isThere || target >= options.LastStep || tried.RelativeLoss <= options.LeastRelativeLoss
                    || tried.Outcome == CertificateOutcome.NotApplicable)
                {
                    return Result(null, tried.Certificate);
                }

                failed = path.Copy(state);
                target = Math.Min(options.LastStep, Math.Max(target + 1, (long)Math.Ceiling(target * options.Growth)));
            }
        }

        private FirstStep<TState> Bisect(TState failed, TState held, Certificate certificate)
        {
            TState best = held;
            long low = path.StepOf(failed), high = path.StepOf(best);
            while (high - low > 1)
            {
                // The bounds are numbers of their own: a path that does not come as far as it is asked must not hold the search up.
                long target = low + ((high - low) / 2);
                TState middle = path.Copy(failed);
                bool isThere = Advance(middle, target);
                TriedStep tried = Try(middle);
                if (isThere && tried.Outcome == CertificateOutcome.Guaranteed)
                {
                    (best, certificate, high) = (middle, tried.Certificate, target);
                }
                else
                {
                    (failed, low) = (middle, target);
                }
            }

            return Result(best, certificate);
        }

        private bool Advance(TState state, long target)
        {
            bool isThere = path.Advance(state, target);
            cancellation.ThrowIfCancellationRequested();
            return isThere;
        }

        private TriedStep Try(TState state)
        {
            cancellation.ThrowIfCancellationRequested();
            var tried = new TriedStep(
                path.StepOf(state), path.Loss(state) / startLoss,
                path.Certify(state, options.Certificate with { MeasuresShortfall = false }));
            _tried.Add(tried);
            return tried;
        }

        private FirstStep<TState> Result(TState? found, Certificate certificate) =>
            new(found, certificate, _tried, string.Create(
            CultureInfo.InvariantCulture,
            $"{_tried.Count} steps were evaluated: from step {options.FirstStep} each {NumberText.Of(options.Growth, 3)} times the one "
                + $"before, then bisection; a step between two that were evaluated may be certified as well."));
    }
}
