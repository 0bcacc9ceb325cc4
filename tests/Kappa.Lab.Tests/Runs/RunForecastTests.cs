using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

/// <summary>The forecast of a run. Its time is that of a clock and is not tested.</summary>
public sealed class RunForecastTests
{
    // What is allocated for a run and its first steps, all of which stays alive.
    [Theory]
    [InlineData("depth=1 width=32 ffnWidth=128 samples=32 tokens=16")]
    [InlineData("depth=4 width=32 ffnWidth=64 samples=64 tokens=8")]
    [InlineData("depth=2 width=64 ffnWidth=256 samples=64 tokens=16")]
    [InlineData("depth=1 width=128 ffnWidth=128 samples=16 tokens=32")]
    [InlineData("depth=2 width=48 ffnWidth=96 samples=128 tokens=16 telemetry.quantities=loss")]
    [InlineData("depth=2 width=32 ffnWidth=64 samples=16 tokens=300")]
    [InlineData("depth=2 width=64 ffnWidth=256 samples=64 tokens=16 precision=single")]
    [InlineData("depth=6 width=64 ffnWidth=256 samples=32 tokens=16", 2)]
    public void The_memory_of_a_run_is_forecast_to_a_factor_of_two(string words, int threads = 1)
    {
        ExperimentSpecification specification = SpecificationReader.Read(null, [.. words.Split(' '), "steps=1"]).Specification!.Resolve();
        bool spectra = specification.Telemetry.Quantities.HasSpectra;
        long before = GC.GetAllocatedBytesForCurrentThread();
        TokenData data = ExperimentData.Load(specification);
        using var experiment = Experiment.Prepare(specification, data, threads);
        var probe = new TelemetryProbe(experiment.Model, experiment.Trained, spectra);
        double[] row = new double[probe.Columns.Count];
        _ = experiment.Descent.Run(
            experiment.Start(), step => probe.Measure(step, row), probe.Record, cancellation: TestContext.Current.CancellationToken);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        long forecast = RunForecast.BytesOf(
            experiment.Residual.Shape, experiment.Model.Samples, experiment.Residual.Tokens, spectra, experiment.Residual.Precision,
            experiment.Model.Threads);
        Assert.True(
            forecast < 2 * allocated && allocated < 2 * forecast,
            $"{words}: the forecast must be within a factor of two of {allocated} bytes but is {forecast} "
                + $"({(double)forecast / allocated:F2}).");
    }

    [Theory]
    [InlineData("width=64 heads=4 depth=3 ffnWidth=128 norm=pre bias=true samples=32 tokens=16")]
    [InlineData("width=64 heads=4 depth=3 ffnWidth=128 norm=pre bias=true samples=32 tokens=16 quantities=loss")]
    [InlineData("width=32 heads=2 ffnWidth=none outputMatrix=true mask=causal samples=64 tokens=64 quantities=loss")]
    [InlineData("width=128 heads=8 readout=pooled positions=learned norm=post samples=16 tokens=8 precision=single quantities=loss")]
    [InlineData("width=16 heads=2 depth=2 samples=4 tokens=512 quantities=loss")]
    [InlineData(
        "model.kind=classifier width=64 heads=2 ffnWidth=128 depth=2 samples=100 testSamples=10 patch=14 batchSize=25 method=adam "
            + "quantities=loss")]
    [InlineData("model.kind=kernelAttention width=64 heads=8 kernel=gaussian samples=16 tokens=16 method=momentum")]
    public void Memory_of_any_Transformer_is_counted_to_a_factor_of_two(string words)
    {
        ExperimentSpecification specification = SpecificationReader.Read(
            null, [.. words.Split(' '), "steps=1", "stepSize=0.001"]).Specification!.Resolve();
        using (var warm = Experiment.Prepare(specification))
        {
            _ = warm.Start();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        using var experiment = Experiment.Prepare(specification);
        var columns = new RunTelemetry(experiment);
        _ = experiment.Descent.Run(
            experiment.Start(), step => columns.Measure(step), columns.Record, TestContext.Current.CancellationToken);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before, forecast = RunForecast.BytesOf(experiment);
        Assert.True(
            forecast < 2 * allocated && allocated < 2 * forecast,
            $"{words}: the forecast must be within a factor of two of {allocated} bytes but is {forecast} "
                + $"({(double)forecast / allocated:F2}).");
    }

    [Theory]
    [InlineData(1000, 1e-5, 1 << 20, 1e5, "1000 steps of 10 µs: at most 10 ms, about 1 MiB of memory and 1 MiB of files.")]
    [InlineData(
        1_000_000, 1.25e-4, (1 << 20) + 1, 2e9,
        "1000000 steps of 125 µs: at most 2.1 min, about 2 MiB of memory and 1908 MiB of files.")]
    [InlineData(50_000, 0.2, 1 << 30, 0, "50000 steps of 200 ms: at most 2.8 h, about 1024 MiB of memory and 0 MiB of files.")]
    public void A_forecast_is_one_line(long steps, double secondsPerStep, long bytes, double files, string line) =>
        Assert.Equal(line, new RunForecast(steps, secondsPerStep, bytes, files).Words());

    [Fact]
    public void A_rehearsal_leaves_the_experiment_as_it_was()
    {
        ExperimentSpecification specification = SpecificationReader.Read(
            null, ["depth=2", "width=8", "ffnWidth=16", "samples=2", "tokens=4", "steps=30"]).Specification!.Resolve();
        TokenData data = ExperimentData.Load(specification);
        Assert.Equal(Losses(specification, data, rehearses: false), Losses(specification, data, rehearses: true));
    }

    private static List<double> Losses(ExperimentSpecification specification, TokenData data, bool rehearses)
    {
        using var experiment = Experiment.Prepare(specification, data);
        if (rehearses)
        {
            Assert.Equal(20, RunForecast.Of(experiment, stepsDone: 10).Steps);
        }

        List<double> losses = [];
        _ = experiment.Descent.Run(experiment.Start(), step => losses.Add(step.Loss), cancellation: TestContext.Current.CancellationToken);
        return losses;
    }
}
