using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs;

/// <summary>What a specification takes from elsewhere: the step size of another run, and the parameters of another run or a file.</summary>
/// <param name="StepSizeOf">The step size of the run that <c>stepSize: same(RUN)</c> names.</param>
/// <param name="StartOf">The parameters that <c>initialisation.from</c> names; <see langword="null"/> where others do as well.</param>
/// <param name="Store">The folder of runs; <see langword="null"/> where there is none.</param>
internal sealed record OtherRuns(
    Func<string, double> StepSizeOf, Func<StartingPoint, IReadOnlyDictionary<string, NdArray>?> StartOf, RunStore? Store = null)
{
    /// <summary>Those of a folder of runs, for an experiment that begins.</summary>
    /// <param name="store">The folder; <see langword="null"/> for none.</param>
    public static OtherRuns In(RunStore? store) =>
        new(store is null ? WithoutStore : StepSizes.Of(store), point => StartingPoints.Read(point, store), store);

    /// <summary>Those of a run that goes on or is made again: where what it starts
    /// from is gone, the run knows it; where it is there, it must be the same.</summary>
    /// <param name="files">The run.</param>
    /// <param name="store">The folder of runs.</param>
    public static OtherRuns For(RunFiles files, RunStore store) =>
        new(StepSizes.Of(store), point => StartingPoints.Unchanged(point, store, files));

    /// <summary>Those of a run that is looked at: it knows itself what it took, also when that is gone.</summary>
    /// <param name="files">The run; it need not have begun.</param>
    public static OtherRuns Of(RunFiles files) => new(
        other => StepSizes.First(files, $"the step size that was taken from run {other}"),
        point => StartingPoints.Kept(files) ?? StartingPoints.Read(point, new RunStore(Path.GetDirectoryName(files.Path)!)));

    /// <summary>None: a name or a rehearsal needs the right shapes, not the right numbers.</summary>
    /// <param name="stepSize">The step size of every other run.</param>
    public static OtherRuns Rehearsed(double stepSize = 0) => new(_ => stepSize, _ => null);

    /// <summary>The specification with the full name of the run, or with the digest of the file, that it starts from.</summary>
    /// <exception cref="BadInputException">There is no such run or file, or several runs begin so.</exception>
    public ExperimentSpecification Pin(ExperimentSpecification specification) => specification.Initialisation.From is not { } point
        ? specification
        : specification with
        { Initialisation = specification.Initialisation with { From = StartingPoints.Pin(point, Store) } };

    private static double WithoutStore(string run) =>
        throw new BadInputException("descent.stepSize", $"same({run}) needs a folder of runs to look it up in.");
}
