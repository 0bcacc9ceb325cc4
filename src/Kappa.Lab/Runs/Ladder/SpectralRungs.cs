using System.Globalization;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>The block bounds (P.5) and the kernel rungs (P.4), at the start, along the path and at the end.</summary>
internal sealed class SpectralRungs(Experiment experiment, IReadOnlyList<LadderState> states, LadderWork work, LadderLimits limits)
{
    /// <summary>Why there is no rung along the path.</summary>
    public const string NoLaterState = "The run has no later state, or making its states again costs too much.";

    private bool HasPath => states.Count > 1;

    /// <summary>One-sided: ημ, the contraction that a PL constant μ at the point gives when η ≤ 1/β there.</summary>
    /// <remarks>A theorem about the last block of model R; other models have no such rungs.</remarks>
    public IEnumerable<Rung> Blocks()
    {
        if (experiment.Model is not ResidualTransformer model)
        {
            return [];
        }

        BlockBounds[] bounds = [.. states.Select(state => BlockBounds.Of(model, state.Parameters, experiment.Trained))];
        IEnumerable<Rung> rungs =
        [
            .. Of("ffnOut", "block W_2", bound => bound.FfnOut, "W_2 of the last block is not trained."),
            .. Of(
                "ffnIn", "block W_1", bound => bound.FfnIn,
                "W_1 of the last block is not trained, or the activation has no least slope γ > 0."),
        ];
        return model.Shape.ReadoutWidth is null
            ? rungs
            : [.. rungs, .. Of("readout", "block readout", bound => bound.Readout, "The readout is not trained.")];

        IEnumerable<Rung> Of(string name, string title, Func<BlockBounds, double?> pick, string whyNot)
        {
            var start = new Rung
            {
                Name = $"block.{name}.start",
                Title = $"{title}, start",
                Kind = RungKind.APriori,
                Grade = RungGrade.Linearised,
                Label = "P.5",
                Note = "one-sided, for η ≤ 1/β",
            };
            Rung path = start with
            { Name = $"block.{name}.path", Title = $"{title}, path", Kind = RungKind.AlongThePath, Note = Looked(states.Count) };
            if (pick(bounds[0]) is not double first)
            {
                return [start with { WhyMissing = whyNot }];
            }

            start = start with
            {
                Value = states[0].StepSize * first,
                Note = first == 0 ? "0: too narrow for the rows, or below the rounding floor" : start.Note,
            };
            return HasPath ? [start, path.Over(bounds.Select((bound, k) => states[k].StepSize * pick(bound)!.Value))] : [start];
        }
    }

    /// <summary>Both sides of the spectrum, for near the stability edge the largest eigenvalue decides;
    /// in full where it is affordable at both ends of the run, otherwise matrix-free.</summary>
    public IEnumerable<Rung> Kernel()
    {
        int wanted = Math.Min(2, states.Count);
        bool isInFull = work.Kernel * wanted <= limits.KernelWork
            && JacobianSpectrum.ForecastBytes(work.Outputs, work.Parameters) <= limits.JacobianMemory;
        double each = isInFull ? work.Kernel : work.MatrixFree;
        var start = new Rung
        {
            Name = "kernel.start",
            Title = "kernel, start",
            Kind = RungKind.APriori,
            Grade = isInFull ? RungGrade.Linearised : RungGrade.Estimated,
            Label = isInFull ? "P.4" : "P.7",
        };
        Rung path = start with { Name = "kernel.path", Title = "kernel, path", Kind = RungKind.AlongThePath };
        Rung end = path with { Name = "kernel.end", Title = "kernel, end" };
        int affordable = (int)Math.Min(states.Count, limits.KernelWork / each);
        if (affordable < 1)
        {
            string why = string.Create(
                CultureInfo.InvariantCulture,
                $"The kernel's ends need {NumberText.Of(each, 2)} operations even without the matrix, for {work.Outputs} outputs and "
                    + $"{work.Parameters} trained parameters, more than {NumberText.Of(limits.KernelWork, 2)}; use fewer samples or a "
                    + $"narrower model.");
            return [start with { WhyMissing = why }, path with { WhyMissing = why }, end with { WhyMissing = why }];
        }

        KernelEnds[] ends = [
            .. Spread(affordable).Select(state =>
                isInFull ? KernelEnds.InFull(experiment, state) : KernelEnds.MatrixFree(experiment, state))];
        start = start with { Value = ends[0].Rate, Note = ends[0].Note };
        string whyNoPath = HasPath
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"One spectrum needs {NumberText.Of(each, 2)} operations and the limit for all is {NumberText.Of(limits.KernelWork, 2)}: "
                    + $"only the start is looked at.")
            : NoLaterState;
        return ends.Length > 1
            ? [
                start, path.Over(ends.Select(at => at.Rate)) with { Note = Looked(ends.Length) },
                end with { Value = ends[^1].Rate, Note = ends[^1].Note }]
            : [start, path with { WhyMissing = whyNoPath }, end with { WhyMissing = whyNoPath }];
    }

    // Both ends are the last to be given up.
    private LadderState[] Spread(int count) =>
        count == 1 || !HasPath
            ? [states[0]]
            : [
                .. Enumerable.Range(0, count).Select(k => (int)Math.Round((double)k * (states.Count - 1) / (count - 1))).Distinct()
                    .Select(k => states[k])];

    private string Looked(int count) =>
        FormattableString.Invariant(
            $"{count} states to step {states[^1].Step}{(LadderState.IsAdaptive(experiment) ? ", η as first tried" : string.Empty)}");
}
