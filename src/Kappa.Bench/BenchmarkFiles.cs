using System.Globalization;
using System.Text.Json;
using Kappa.Lab;
using Kappa.Lab.Formats;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>Benchmark results as files of a folder: <c>rows.csv</c>, <c>machine.json</c>, <c>findings.txt</c>.</summary>
internal static class BenchmarkFiles
{
    private const string Header =
        "suite,work,size,depth,precision,threads,side,best_us,lower_us,median_us,upper_us,gflops,share_of_peak,ratio_best,ratio_lower,"
            + "ratio_median,ratio_upper,bytes,instructions,rounds";

    private static readonly JsonSerializerOptions s_json = new()
    { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new JsonNumberConverter() } };

    /// <summary>Writes a result into <paramref name="folder"/>, which is made when missing.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="result">The result.</param>
    public static void Write(string folder, BenchmarkResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        _ = Directory.CreateDirectory(folder);
        AtomicFile.WriteAllText(
            Path.Combine(folder, "rows.csv"), string.Concat(result.Rows.Select(Line).Prepend(Header).Select(line => line + "\n")));
        AtomicFile.WriteAllText(Path.Combine(folder, "machine.json"), JsonSerializer.Serialize(result.Machine, s_json) + "\n");
        AtomicFile.WriteAllText(Path.Combine(folder, "findings.txt"), string.Concat(result.Findings.Select(finding => finding + "\n")));
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="BadInputException">A file is missing or is not of that form.</exception>
    public static BenchmarkResult Read(string folder)
    {
        string machine = Path.Combine(folder, "machine.json"), rows = Path.Combine(folder, "rows.csv"),
            findings = Path.Combine(folder, "findings.txt");
        try
        {
            return new BenchmarkResult(
                JsonSerializer.Deserialize<BenchmarkMachine>(File.ReadAllText(machine), s_json)
                    ?? throw new BadInputException(machine, "must hold an object but holds null."),
                [.. Rows(rows)],
                File.Exists(findings) ? File.ReadAllLines(findings) : []);
        }
        catch (JsonException failure)
        {
            throw new BadInputException(machine, $"must describe a machine but does not: {failure.Message}");
        }
        catch (IOException failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException(
                folder, "must hold machine.json and rows.csv but does not. Write them with kappa bench --out FOLDER.");
        }
    }

    /// <summary>A result as one JSON document.</summary>
    /// <param name="result">The result.</param>
    public static string Json(BenchmarkResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return JsonSerializer.Serialize(
            new
            {
                schemaVersion = 1,
                machine = result.Machine,
                rows = result.Rows,
                requirements = SpeedRequirement.Table(result.Rows),
                findings = result.Findings,
            },
            s_json);
    }

    private static IEnumerable<BenchmarkRow> Rows(string path)
    {
        string[] lines = File.ReadAllLines(path);
        if (lines.Length == 0 || lines[0] != Header)
        {
            throw new BadInputException(path, $"line 1 must be '{Header}' but is '{lines.FirstOrDefault()}'.");
        }

        for (int i = 1; i < lines.Length; i++)
        {
            yield return Row(lines[i].Split(','))
                ?? throw new BadInputException(
                    path, $"line {i + 1} must hold a measurement in {Header.Split(',').Length} columns but is '{lines[i]}'.");
        }
    }

    private static string Line(BenchmarkRow row) => string.Join(',', (string[])
    [
        row.Suite, row.Work, row.Size, Text(row.Depth), row.Precision.ToString().ToLowerInvariant(), Text(row.Threads),
        row.Side.Replace(",", "", StringComparison.Ordinal),
        .. Texts(row.Microseconds), Text(row.Gflops), Text(row.ShareOfPeak), .. Texts(row.Ratio), Text(row.Bytes), Text(row.Instructions),
        Text(row.Rounds),
    ]);

    private static BenchmarkRow? Row(string[] cells)
    {
        if (cells.Length != Header.Split(',').Length || !Enum.TryParse(cells[4], ignoreCase: true, out Precision precision)
            || Four(cells, 7) is not Quartiles times)
        {
            return null;
        }

        return new BenchmarkRow
        {
            Suite = cells[0],
            Work = cells[1],
            Size = cells[2],
            Depth = (int)(Number(cells[3]) ?? 0),
            Precision = precision,
            Threads = (int)(Number(cells[5]) ?? 1),
            Side = cells[6],
            Microseconds = times,
            Gflops = Number(cells[11]),
            ShareOfPeak = Number(cells[12]),
            Ratio = Four(cells, 13),
            Bytes = Number(cells[17]),
            Instructions = Number(cells[18]),
            Rounds = (int)(Number(cells[19]) ?? 0),
        };
    }

    private static Quartiles? Four(string[] cells, int first) =>
        Number(cells[first]) is double least && Number(cells[first + 1]) is double lower && Number(cells[first + 2]) is double median
            && Number(cells[first + 3]) is double upper
            ? new Quartiles(least, lower, median, upper)
            : null;

    private static string[] Texts(Quartiles? quantiles) =>
        quantiles is { } q ? [Text(q.Least), Text(q.Lower), Text(q.Median), Text(q.Upper)] : ["", "", "", ""];

    private static string Text(double? number) => number is double value ? value.ToString("G5", CultureInfo.InvariantCulture) : "";

    private static double? Number(string cell) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : null;
}
