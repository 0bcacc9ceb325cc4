using System.Diagnostics;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>How long a number takes from one core to another and back: what every
/// piece of work divided over two cores pays, however fast they compute.</summary>
/// <remarks>On virtual machines it changes while they run: the cores may share a cache in one minute and not in the next.</remarks>
internal static class CoreRoundTrip
{
    private const int Trips = 20_000;

    // Bound threads share no core; where they cannot be bound, giving way now and then lets the other one run.
    private const int LooksPerYield = 10_000;

    /// <summary>Nanoseconds of a round trip between the first two cores that the process may use; null with one core.</summary>
    public static double? Measure()
    {
        if (Environment.ProcessorCount < 2)
        {
            return null;
        }

        Lines lines = new();
        long elapsed = 0;
        Thread[] threads = [new(() => Answer(lines)) { IsBackground = true }, new(() => elapsed = Ask(lines)) { IsBackground = true }];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return elapsed * 1e9 / Stopwatch.Frequency / Trips;
    }

    // As many trips before as during the measurement.
    private static long Ask(Lines lines)
    {
        _ = CorePinning.TryBindCurrentThread(0);
        long start = 0;
        for (int trip = -Trips; trip < Trips; trip++)
        {
            start = trip == 0 ? Stopwatch.GetTimestamp() : start;
            Volatile.Write(ref lines.Numbers[Lines.Question], trip);
            Await(lines, Lines.Reply, trip);
        }

        return Stopwatch.GetTimestamp() - start;
    }

    private static void Answer(Lines lines)
    {
        _ = CorePinning.TryBindCurrentThread(1);
        for (int trip = -Trips; trip < Trips; trip++)
        {
            Await(lines, Lines.Question, trip);
            Volatile.Write(ref lines.Numbers[Lines.Reply], trip);
        }
    }

    private static void Await(Lines lines, int place, int trip)
    {
        for (int look = 1; Volatile.Read(ref lines.Numbers[place]) != trip; look++)
        {
            if (look % LooksPerYield == 0)
            {
                _ = Thread.Yield();
            }
        }
    }

    // Each number on cache lines of its own.
    private sealed class Lines
    {
        public const int Question = 64;
        public const int Reply = 128;

        public int[] Numbers { get; } = [.. Enumerable.Repeat(int.MinValue, 192)];
    }
}
