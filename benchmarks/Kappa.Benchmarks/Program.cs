using Kappa.Numerics;

namespace Kappa.Benchmarks;

internal static class Program
{
    private const string Usage = """
        usage: dotnet run -c Release --project benchmarks/Kappa.Benchmarks -- products|elementwise|step|singular-values|telemetry|certificates|all [--json] [--repeats N] [--threads N] [--bits 128|256|512]

        Times run in short repeats, each between two measurements of the fused multiply-add peak of one core;
        "of peak" is the median ratio. --bits chooses the kernels of the products suite only. Progress goes to the error stream, results to the output.
        """;

    private static int Main(string[] arguments)
    {
        if (!TryParse(arguments, out string suite, out bool json, out int repeats, out int threads, out VectorPath path))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        Stopclock clock = new(path, repeats);
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
            all = all.Concat(StepBenchmark.Run(clock, threads));
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
