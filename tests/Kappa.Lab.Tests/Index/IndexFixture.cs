using Kappa.Lab.Index;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Tests.Store;
using Xunit;

namespace Kappa.Lab.Tests.Index;

/// <summary>A store of small made runs: every number in their telemetry is known.</summary>
internal sealed class IndexFixture : IDisposable
{
    private readonly StoreFixture _store = new();

    public string Root => _store.Root;

    public RunIndex Index => new(Root);

    /// <summary>A run whose loss is multiplied by <paramref name="factor"/> in every step, from 1 on.</summary>
    public RunFiles Add(
        string name, double factor, int rows = 60, ExperimentSpecification? specification = null, RunState state = RunState.Done)
    {
        using RunFolder folder = _store.Create(name, specification);
        using (var telemetry = TelemetryWriter.Create(folder.Files.Telemetry, ["step", "loss", "gradientNorm"]))
        {
            double loss = 1;
            for (int step = 0; step < rows; step++, loss *= factor)
                telemetry.Append([step, loss, step == 3 ? double.NaN : -step]);
        }

        folder.WriteStatus(
            new RunStatus
            {
                State = state,
                Step = rows - 1,
                Loss = Math.Pow(factor, rows - 1),
                StopReason = state == RunState.Done ? "StepBudget" : null,
            });
        return folder.Files;
    }

    public IndexReport Refresh(bool anew = false) => Index.Refresh(anew, progress: null, TestContext.Current.CancellationToken);

    public QueryResult Ask(string sql)
    {
        _ = Refresh();
        return new RunQuery(Index).Answer(sql);
    }

    public void Dispose() => _store.Dispose();
}
