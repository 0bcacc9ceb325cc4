using System.Security.Cryptography;
using Kappa.Descent;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs.Certification;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <summary>Finds the parameters that <c>initialisation.from</c> names.</summary>
/// <remarks>What a run began with stands in its checkpoint too, bit for bit. Stateless and thread-safe.</remarks>
internal static class StartingPoints
{
    private const string Key = "initialisation.from";

    /// <summary>The same point with the full name of its run, or the digest of its file.</summary>
    /// <exception cref="BadInputException">There is no such run or file, or several runs begin so.</exception>
    public static StartingPoint Pin(StartingPoint point, RunStore? store) => Explained(point, () =>
        point is { File: { } file } ? StartingPoint.OfFile(file, point.Digest ?? DigestOf(file))
        : store is null ? point
        : StartingPoint.OfRun(Path.GetFileName(store.Find(point.Run!)), point.Step));

    /// <summary>The parameters, by name.</summary>
    /// <exception cref="BadInputException">The run is missing, damaged or not done; the file is, or is another than it was.</exception>
    public static IReadOnlyDictionary<string, NdArray> Read(StartingPoint point, RunStore? store) =>
        Explained(point, () => point.File is not null ? OfFile(point) : OfRun(point, store));

    /// <summary>What a run began with, by its checkpoint; <see langword="null"/> when it has none.</summary>
    /// <exception cref="BadInputException">The checkpoint is damaged.</exception>
    public static IReadOnlyDictionary<string, NdArray>? Kept(RunFiles files) =>
        File.Exists(files.Checkpoint) ? RunCheckpoint.InitialParameters(files.Checkpoint) : null;

    /// <summary>The parameters for a run that may have begun with them.</summary>
    /// <exception cref="BadInputException">They are no longer those that it began with; or as for <see cref="Read"/>.</exception>
    public static IReadOnlyDictionary<string, NdArray> Unchanged(StartingPoint point, RunStore store, RunFiles files)
    {
        if (Kept(files) is not { } kept)
            return Read(point, store);
        IReadOnlyDictionary<string, NdArray> now;
        try
        {
            now = Read(point, store);
        }
        catch (BadInputException gone) when (!gone.IsOfTheDisk)
        {
            return kept;
        }

        string? other = kept.Keys.FirstOrDefault(name => !(now.TryGetValue(name, out NdArray? value) && IsSame(kept[name], value)));
        return other is null
            ? kept
            : throw new BadInputException(
                Key,
                $"{point} must have the parameters that run {Path.GetFileName(files.Path)} began with, but '{other}' differs: it was "
                    + $"changed or made anew since. Restore it, or begin a new run.");
    }

    /// <summary>Writes parameters into those of a model.</summary>
    /// <param name="point">Where they come from.</param>
    /// <param name="parameters">From <see cref="Read"/>.</param>
    /// <param name="into">Of the model; overwritten.</param>
    /// <returns><paramref name="into"/>.</returns>
    /// <exception cref="BadInputException">They are not those of the model, or not finite.</exception>
    public static T Fill<T>(StartingPoint point, IReadOnlyDictionary<string, NdArray> parameters, T into)
        where T : ModelParameters
    {
        var problems = new ProblemList(point.ToString());
        NamedParameters.Read(parameters, into, problems, _ => "is not a parameter of this model.");
        if (problems.Count == 0)
            return into;
        Problem first = problems.ToList()[0];
        string more = problems.Count > 1 ? $" ({problems.Count - 1} more)" : "";
        bool isFinite = parameters.Values.All(array => MatrixProblems.NonFinite(array) is null);
        throw new BadInputException(
            Key,
            isFinite ? $"{first.ToString().TrimEnd('.')}{more}. Choose one of a model of the same shape." : first.ToString());
    }

    private static Dictionary<string, NdArray> OfRun(StartingPoint point, RunStore? store)
    {
        if (store is null)
            throw new BadInputException("run", "there is no folder of runs to look it up in.");
        var run = RunRecord.Read(store.Find(point.Run!));
        if (run.Status.State != RunState.Done)
            throw new BadInputException(run.Files.Path, $"is {run.State}. Finish it: kappa run --resume {run.Name}");
        if (point.Step is { } step)
            return AtStep(run, step);
        return run.Status.StopReason != nameof(StopReason.NonFinite)
            ? RunCheckpoint.Parameters(run.Files.Checkpoint)
            : throw new BadInputException(
                run.Files.Path,
                $"it diverged after {run.Status.Step} steps. Start from one of its steps, such as {StartingPoint.OfRun(run.Name, 0)}.");
    }

    // Made again from the start of the run, and held to the loss that it recorded there.
    private static Dictionary<string, NdArray> AtStep(RunRecord run, long step)
    {
        if (step > run.Status.Step)
            throw new BadInputException(run.Files.Path, $"it ended at step {run.Status.Step}.");
        using ModelPoint start = ModelPoint.OfRun(run);
        var path = new RunPath(start);
        (DescentState state, StepOrigin origin) = path.At(step, CancellationToken.None);
        double loss = start.Model.Loss(state.Parameters, start.Model.AllSamples);
        origin.Require(run.Name, loss, path.Telemetry is { Rows: > 0 } recorded ? recorded[Quantities.Loss][0] : loss);
        return NamedParameters.Of(state.Parameters);
    }

    private static IReadOnlyDictionary<string, NdArray> OfFile(StartingPoint point)
    {
        string path = point.File!;
        if (point.Digest is { } digest && DigestOf(path) is var found && found != digest)
            throw new BadInputException(
                path, $"its SHA-256 must begin with {digest} but begins with {found}: it was changed. Restore it, or leave '#' and what "
                    + $"follows away to start from what it holds now.");
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".npz" => NpzFile.Read(path),
            ".json" => OfPoint(path),
            _ => NamedParameters.Of(SafetensorsFile.Read(path)),
        };
    }

    private static Dictionary<string, NdArray> OfPoint(string path)
    {
        using ModelPoint point = PointFile.Read(path).Require();
        return NamedParameters.Of(point.Parameters);
    }

    private static string DigestOf(string path)
    {
        using FileStream stream = InputFile.Open(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream))[..StartingPoint.DigestDigits];
    }

    private static bool IsSame(NdArray one, NdArray other) =>
        one.Shape.SequenceEqual(other.Shape) && one.Data.AsSpan().SequenceEqual(other.Data);

    private static T Explained<T>(StartingPoint point, Func<T> find)
    {
        try
        {
            return find();
        }
        catch (BadInputException problem)
        {
            string must = point.File is not null ? "a file of parameters"
                : point.Step is null ? "a run that is done"
                : "a step of a run that is done";
            throw new BadInputException(Key, $"{point} must be {must}, but {problem.Message}", problem.InnerException);
        }
    }
}
