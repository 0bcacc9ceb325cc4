using Kappa.Lab.Data;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>A point whose weights are tensors of a safetensors file, by the names of
/// their parameters, and whose model and data are those of a run specification.</summary>
/// <remarks>The checkpoint of a run is such a file: its current weights are taken,
/// and what else is in it is passed over. Stateless and thread-safe.</remarks>
internal static class WeightsFile
{
    /// <summary>The extension by which such a file is known.</summary>
    public const string Extension = ".safetensors";

    /// <summary>Reads weights; evaluated in double precision whatever that of a run.</summary>
    /// <param name="path">The file.</param>
    /// <param name="specification">Model and data; a specification without problems.</param>
    /// <param name="isOtherDataMeant">Whether the checkpoint of a run may be evaluated
    /// on other data than the run's: the user has changed the specification.</param>
    /// <param name="threads">Threads of a pass; they change the time and nothing else.</param>
    /// <param name="limits">How much the file may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">A file cannot be read or is malformed, the data contradict the specification,
    /// or a checkpoint is damaged or of other data. What is wrong with the tensors is a value.</exception>
    public static PointReading Read(
        string path, ExperimentSpecification specification, bool isOtherDataMeant = false, int threads = 1, ReadLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(specification);
        ExperimentSpecification resolved = Experiment.InDouble(specification.Resolve());
        SafetensorsContent content = SafetensorsFile.Read(path, limits);
        bool isCheckpoint = RunCheckpoint.IsOne(content);
        (IModel model, IDisposable owner, string fingerprint) = ModelOf(resolved, threads, OthersOf(path, resolved, isCheckpoint));
        try
        {
            if (isCheckpoint && !RunCheckpoint.IsOn(path, fingerprint) && !isOtherDataMeant)
                throw new BadInputException(
                    path,
                    "the checkpoint was made on other data: the files or the built-in text have changed since. Name the data to evaluate "
                        + "it on, for example source=arrays path=data.npz.");

            var problems = new ProblemList(path);
            ModelParameters parameters = ReadParameters(content, model, problems);
            string name = isCheckpoint
                ? $"{NameOfRun(path)} at step {content.Metadata.GetValueOrDefault("step", "?")}"
                : Path.GetFileNameWithoutExtension(path);
            return PointReading.Of(
                new ModelPoint(name, model, parameters, resolved.Model.Trained.ToTrainedSet(resolved.Model), owner), problems);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <summary>The specification that lies beside a file of weights, as in a run folder; null when there is none.</summary>
    /// <param name="path">The file of weights.</param>
    public static string? SpecificationBeside(string path)
    {
        string beside = new RunFiles(Path.GetDirectoryName(path) ?? "").Specification;
        return File.Exists(beside) ? beside : null;
    }

    // The start is wanted for targets near its output alone, and a checkpoint knows it.
    private static OtherRuns OthersOf(string path, ExperimentSpecification resolved, bool isCheckpoint) =>
        isCheckpoint ? OtherRuns.Rehearsed() with { StartOf = _ => RunCheckpoint.InitialParameters(path) }
        : resolved.Data.TargetDistance is null ? OtherRuns.Rehearsed()
        : OtherRuns.In(null);

    // Model R without what a descent needs beside it: a point may be larger than a run.
    private static (IModel Model, IDisposable Owner, string Fingerprint) ModelOf(
        ExperimentSpecification resolved, int threads, OtherRuns others)
    {
        if (resolved.Form != ModelForm.Residual)
        {
            var problem = ExperimentProblem.Create(resolved, threads, others);
            return (problem.Model, problem, problem.Fingerprint);
        }

        TokenData data = ExperimentData.Load(resolved, others);
        ResidualTransformerShape shape = resolved.Model.ToShape();
        Experiment.RequireFit(shape, data);
        if (ModelPoint.TooLarge(shape, data.Samples, data.Tokens) is { } tooLarge)
            throw new BadInputException("data.samples", tooLarge);
        var model = new ResidualTransformer(shape, data.Inputs, data.Targets, data.Samples, threads);
        return (model, model, data.Fingerprint);
    }

    private static ModelParameters ReadParameters(SafetensorsContent content, IModel model, ProblemList problems)
    {
        ModelParameters parameters = model is ResidualTransformer { Shape: var shape }
            ? new ResidualTransformerWeights(shape)
            : new ModelParameters(model.Layout);
        NamedParameters.Read(NamedParameters.Of(content), parameters, problems, name => Unknown(name, model));
        return parameters;
    }

    private static string Unknown(string name, IModel model) =>
        model is not ResidualTransformer
        { Shape.Depth: var depth } ? $"unknown matrix.{Suggestion.For(name, [.. model.Layout.Blocks.Select(block => block.Name)])}"
        : name == ParameterNames.Readout ? "the specified model has no readout; set readoutWidth."
        : ParameterNames.Unknown(name, depth);

    // The folder names the run as long as the checkpoint lies in it.
    private static string NameOfRun(string path) =>
        SpecificationBeside(path) is null
            ? Path.GetFileNameWithoutExtension(path)
            : Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) ?? "";
}
