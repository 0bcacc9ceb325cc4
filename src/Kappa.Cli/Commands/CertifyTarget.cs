using Kappa.Lab;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs.Certification;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Cli.Commands;

/// <summary>What the first words of <c>kappa certify</c> name: a specification, a run, or a point.</summary>
internal static class CertifyTarget
{
    /// <summary>Reads the target.</summary>
    /// <param name="words">The words that are no options.</param>
    /// <param name="folder">The folder of runs.</param>
    /// <param name="threads">Threads of one step.</param>
    /// <returns>The target, or what is wrong with it.</returns>
    public static CertifiedThing Read(string[] words, string folder, int threads)
    {
        string? first = words.Length > 0 && !words[0].Contains('=', StringComparison.Ordinal) ? words[0] : null;
        if (first is not null && !File.Exists(first) && !Path.GetExtension(first).StartsWith(".y", StringComparison.OrdinalIgnoreCase))
        {
            RefuseSettings(words, "a run is certified as it was made");
            string path = Directory.Exists(first) ? first : FindRun(first, folder);
            var run = RunRecord.Read(path);
            return new CertifiedThing(ModelPoint.OfRun(run, threads)) { RunFolder = path };
        }

        switch (Path.GetExtension(first)?.ToLowerInvariant())
        {
            case ".json":
                RefuseSettings(words, "a point file holds its own model and data");
                return Of(PointFile.Read(first!, threads));
            case WeightsFile.Extension:
                return ReadWeights(first!, words[1..], threads);
            default:
                SpecificationReading reading = SpecificationReader.Read(first, first is null ? words : words[1..]);
                return Of(reading, threads, new RunStore(RunsFolder.Require(folder)));
        }
    }

    // As for kappa evaluate: without settings the specification beside the weights is theirs.
    private static CertifiedThing ReadWeights(string path, string[] settings, int threads)
    {
        bool namesFile = settings.Length > 0 && !settings[0].Contains('=', StringComparison.Ordinal);
        string? file = namesFile ? settings[0] : WeightsFile.SpecificationBeside(path);
        if (file is null && settings.Length == 0)
        {
            throw new UsageException(
                $"weights alone do not say what model and data they belong to: give a specification, kappa certify {path} spec.yaml, or "
                    + $"settings such as width=16.");
        }

        SpecificationReading reading = SpecificationReader.Read(file, namesFile ? settings[1..] : settings);
        return reading.Specification is { } specification
            ? Of(WeightsFile.Read(path, specification, isOtherDataMeant: settings.Length > 0, threads))
            : new CertifiedThing(null, reading.Problems);
    }

    private static CertifiedThing Of(SpecificationReading reading, int threads, RunStore others) =>
        reading.Specification is { } specification
        ? new CertifiedThing(ModelPoint.OfSpecification(specification, threads, others))
        : new CertifiedThing(null, reading.Problems);

    private static CertifiedThing Of(PointReading reading) => new(reading.Point, reading.Problems);

    // What looks like a path is not searched for among the runs.
    private static string FindRun(string name, string folder) =>
        Path.GetFileName(name) != name || Path.GetExtension(name) is ".json" or WeightsFile.Extension
        ? throw new BadInputException(name, "no such file or folder. Name a specification (.yaml), a run, or a point (.json).")
        : Target.Find(folder, name);

    private static void RefuseSettings(string[] words, string because)
    {
        if (words.Length > 1)
        {
            throw new UsageException($"{because} and takes no settings but got '{words[1]}'.");
        }
    }
}

/// <summary>What was named, or why there is nothing to certify.</summary>
internal sealed record CertifiedThing(ModelPoint? Point, IReadOnlyList<Problem>? Problems = null) : IDisposable
{
    /// <summary>The folder of the run that was named; <see langword="null"/> when it was something else.</summary>
    public string? RunFolder { get; init; }

    /// <summary>Answers a request about it; <see langword="null"/> when there is no point.</summary>
    public CertificationReport? Certify(CertificationRequest request, CancellationToken cancellation) =>
        Point is null ? null : Certification.Of(Point, request, cancellation);

    public void Dispose() => Point?.Dispose();
}
