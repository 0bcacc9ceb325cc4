using System.Diagnostics;
using Kappa.Numerics;

namespace Kappa.Lab.Benchmarks;

/// <summary>One timed piece of work.</summary>
/// <param name="Name">What was timed.</param>
/// <param name="Microseconds">Median time of one execution.</param>
/// <param name="BestMicroseconds">Shortest time of one execution: what a quiet machine would show.</param>
/// <param name="Gflops">Floating-point operations of one execution over the median time, in 10⁹ a second; <c>null</c> when operations are not counted.</param>
/// <param name="ShareOfPeak">Median over repeats of the rate over the peak measured right before and after that repeat.</param>
/// <param name="BytesPerExecution">Managed bytes allocated per execution, all threads.</param>
internal sealed record Measurement(string Name, double Microseconds, double BestMicroseconds, double? Gflops, double? ShareOfPeak, double BytesPerExecution);

/// <summary>Times work in short repeats, each between two measurements of the machine's peak, so that a noisy neighbour slows both alike; fewer repeats where one is long.</summary>
internal sealed class Stopclock(int vectorBits, int repeats)
{
    private const int PeakIterations = 60_000;
    private const double RepeatSeconds = 2e-3;

    // Work of a second would make thirty repeats tedious; five still have a median.
    private const double SecondsPerMeasurement = 4;
    private const int FewestRepeats = 5;

    private readonly List<double> _peaks = [];

    /// <summary>The median of all peaks measured so far, GFLOP/s.</summary>
    public double MedianPeak => Quantiles.Of(_peaks).Median;

    /// <summary>The highest peak measured so far, GFLOP/s.</summary>
    public double HighestPeak => _peaks.Max();

    /// <summary>Times <paramref name="work"/>.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="operations">Floating-point operations of one execution; <c>null</c> when they are not counted.</param>
    /// <param name="work">The work.</param>
    public Measurement Time(string name, double? operations, Action work)
    {
        work();
        int executions = Executions(work);
        int count = Math.Clamp((int)(SecondsPerMeasurement / (Seconds(work, executions) * executions)), Math.Min(FewestRepeats, repeats), repeats);
        double[] seconds = new double[count];
        double[] shares = new double[count];
        long allocated = 0;
        double before = Peak();
        for (int repeat = 0; repeat < count; repeat++)
        {
            long bytes = GC.GetTotalAllocatedBytes(precise: true);
            seconds[repeat] = Seconds(work, executions);
            allocated += GC.GetTotalAllocatedBytes(precise: true) - bytes;
            double after = Peak();
            shares[repeat] = (operations ?? 0) / seconds[repeat] / 1e9 / Math.Max(before, after);
            before = after;
        }

        Quantiles times = Quantiles.Of(seconds);
        double? share = operations is null ? null : Quantiles.Of(shares).Median;
        return new Measurement(name, times.Median * 1e6, times.Least * 1e6, operations / times.Median / 1e9, share, (double)allocated / count / executions);
    }

    private double Peak()
    {
        double peak = FmaPeak.Measure(vectorBits, Precision.Double, PeakIterations);
        _peaks.Add(peak);
        return peak;
    }

    private static int Executions(Action work)
    {
        int executions = 1;
        while (Seconds(work, executions) * executions < RepeatSeconds)
        {
            executions *= 2;
        }

        return executions;
    }

    private static double Seconds(Action work, int executions)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < executions; i++)
        {
            work();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / executions;
    }
}
