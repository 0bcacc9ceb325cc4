using Xunit;

namespace Kappa.Bench.Tests;

public sealed class StepWorkTests
{
    private static readonly BenchmarkSize Small = new(Samples: 2, Tokens: 2, Width: 4, FfnWidth: 8);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Bytes_of_other_threads_are_not_counted(int threads)
    {
        using var ended = new CancellationTokenSource();
        byte[] kept = [];
        var other = new Thread(() =>
        {
            while (!ended.IsCancellationRequested)
            {
                Volatile.Write(ref kept, new byte[4096]);
            }
        });
        other.Start();
        using var work = new StepWork(Small, depth: 1, threads, StepMeasure.None);
        double bytes = work.SteadyBytes();
        ended.Cancel();
        other.Join();
        Assert.Equal(0, bytes);
    }
}
