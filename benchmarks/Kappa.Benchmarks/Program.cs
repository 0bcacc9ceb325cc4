using Kappa.Numerics;

namespace Kappa.Benchmarks;

internal static class Program
{
    private const string Usage = """
        usage: dotnet run -c Release --project benchmarks/Kappa.Benchmarks -- products|elementwise|step|singular-values|telemetry|certificates|all [--json] [--repeats N] [--threads N] [--bits 128|256|512]

        Times run in short repeats, each between two measurements of the fused multiply-add peak of one core;
        "of peak" is the median ratio; kappa bench compares with PyTorch. tiny-steps N runs N steps of the smallest size and prints nothing. --bits chooses the kernels of the products suite only. Progress goes to the error stream, results to the output.
        """;

    private static int Main(string[] arguments)
    {
        if (arguments is ["tiny-steps", _])
        {
            return CountableSteps(arguments);
        }

        if (!TryParse(arguments, out string suite, out bool json, out int repeats, out int threads, out VectorPath path))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        Stopclock clock = new(path switch { VectorPath.Bits512 => 512, VectorPath.Bits256 => 256, _ => 128 }, repeats);
        List<Measurement> measurements = [];
        if (!json)
        {
            Console.WriteLine($"{BenchmarkReport.DescribeMachine()}; {path}");
            Console.WriteLine(BenchmarkReport.TableHeader);
        }

        foreach (Measurement measurement in Suites(suite, clock, path, threads))
        {
            measurements.Add(measurement);
            (json ? Console.Error : Console.Out).WriteLine(BenchmarkReport.TableLine(measurement));
        }

        BenchmarkReport report = new(BenchmarkReport.DescribeMachine(), path.ToString(), clock.MedianPeak, clock.HighestPeak, measurements);
        Console.WriteLine(json ? report.ToJson() : $"FMA peak of one core: median {report.MedianPeakGflops:F1}, highest {report.HighestPeakGflops:F1} GFLOP/s");
        return 0;
    }

    private static IEnumerable<Measurement> Suites(string suite, Stopclock clock, VectorPath path, int threads)
    {
        IEnumerable<Measurement> all = [];
        if (suite is "products" or "all")
        {
            all = all.Concat(ProductBenchmark.Run(clock, path));
        }

        if (suite is "elementwise" or "all")
        {
            all = all.Concat(ElementwiseBenchmark.Run(clock, path));
        }

        if (suite is "step" or "all")
        {
            all = all.Concat(BenchmarkSize.Standard.SelectMany(size => Steps(clock, size, threads)));
        }

        if (suite is "singular-values" or "all")
        {
            all = all.Concat(SingularValueBenchmark.Run(clock));
        }

        if (suite is "telemetry" or "all")
        {
            all = all.Concat(TelemetryBenchmark.Run(clock, threads));
        }

        if (suite is "certificates" or "all")
        {
            all = all.Concat(CertificateBenchmark.Run(clock));
        }

        return all;
    }

    private static IEnumerable<Measurement> Steps(Stopclock clock, BenchmarkSize size, int threads)
    {
        yield return Step(clock, size, depth: 1, threads);
        yield return Step(clock, size, depth: 6, threads);
    }

    private static Measurement Step(Stopclock clock, BenchmarkSize size, int depth, int threads)
    {
        // Long enough that setting up a descent does not count: about 5·10⁷ operations.
        double operations = size.StepOperations(depth);
        int steps = (int)Math.Clamp(5e7 / operations, 2, 100);
        using StepWork work = new(size, depth, threads, StepMeasure.None);
        Measurement whole = clock.Time($"step {size} depth {depth}", operations * steps, () => _ = work.Seconds(steps));
        return whole with { Microseconds = whole.Microseconds / steps, BestMicroseconds = whole.BestMicroseconds / steps, BytesPerExecution = work.SteadyBytes() };
    }

    // For a counter of instructions: what two numbers of steps differ by is the cost of the steps alone.
    private static int CountableSteps(string[] arguments)
    {
        using StepWork work = new(BenchmarkSize.Standard[0], depth: 1, threads: 1, StepMeasure.None);
        _ = work.Seconds(int.Parse(arguments[1], System.Globalization.CultureInfo.InvariantCulture));
        return 0;
    }

    private static bool TryParse(string[] arguments, out string suite, out bool json, out int repeats, out int threads, out VectorPath path)
    {
        suite = arguments.FirstOrDefault() ?? "";
        json = false;
        repeats = 31;
        threads = 1;
        path = VectorPaths.Widest;
        bool valid = suite is "products" or "elementwise" or "step" or "singular-values" or "telemetry" or "certificates" or "all";
        for (int i = 1; i < arguments.Length && valid; i++)
        {
            string? value = i + 1 < arguments.Length ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--json":
                    json = true;
                    break;
                case "--repeats":
                    valid = int.TryParse(value, out repeats) && repeats > 0;
                    i++;
                    break;
                case "--threads":
                    valid = int.TryParse(value, out threads) && threads > 0;
                    i++;
                    break;
                case "--bits":
                    valid = Enum.TryParse($"Bits{value}", out path) && VectorPaths.IsSupported(path);
                    i++;
                    break;
                default:
                    valid = false;
                    break;
            }
        }

        return valid;
    }
}
