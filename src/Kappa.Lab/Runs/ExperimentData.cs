using System.Globalization;
using Kappa.Lab.Data;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Runs;

/// <summary>Loads or draws the data that a specification describes.</summary>
internal static class ExperimentData
{
    /// <summary>The data of <paramref name="specification"/>.</summary>
    /// <param name="specification">A specification without problems.</param>
    /// <param name="others">Runs and files that it may start from, for data that depend on the start; null for none.</param>
    /// <exception cref="BadInputException">A file is missing, malformed or contradicts the specification.</exception>
    public static TokenData Load(ExperimentSpecification specification, OtherRuns? others = null)
    {
        ArgumentNullException.ThrowIfNull(specification);
        ExperimentSpecification resolved = specification.Resolve();
        DataSpecification data = resolved.Data;
        if (data is { Samples: { } samples, Tokens: { } tokens })
            MemoryLimit.Require(
                "data", "Inputs and targets",
                sizeof(double) * (double)samples * tokens * (resolved.Model.InputColumns + resolved.Model.OutputWidth));
        return data.Source switch
        {
            DataSource.Gaussian when data.TargetDistance is not null => NearStart(resolved, others),
            DataSource.Gaussian => Gaussian(data).Create(Shape(resolved), data.Seed!.Value),
            DataSource.Teacher => Teacher(resolved),
            DataSource.Text =>
                new TextTokens().Create(
                    Shape(resolved), data.Seed!.Value, data.Path is null ? TextCorpus.BuiltIn() : TextCorpus.Load(data.Path)),
            _ => Arrays(data),
        };
    }

    /// <summary>Whether the data depend on anything but the specification: user files, or the built-in text of this version.</summary>
    /// <param name="specification">The specification.</param>
    public static bool IsExternal(ExperimentSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        return specification.Data.Source is DataSource.Arrays or DataSource.Text
            || (specification.Data.IsLabelled && specification.Data.Path is not null);
    }

    private static TokenShape Shape(ExperimentSpecification specification) =>
        new(
            specification.Data.Samples!.Value, specification.Data.Tokens!.Value, specification.Model.InputColumns,
            specification.Model.OutputWidth);

    private static GaussianTokens Gaussian(DataSpecification data) => new()
    {
        TokenScale = data.TokenScale,
        TargetScale = data.TargetScale,
        Correlation = data.Correlation,
    };

    private static TokenData NearStart(ExperimentSpecification specification, OtherRuns? others)
    {
        (Matrix inputs, Matrix targets, string description) = ArraysNearStart(specification, others);
        return new TokenData(Shape(specification), inputs, targets, description);
    }

    /// <summary>Tokens, and targets F_0 + δ‖F_0‖ u with F_0 the output at the start and u a random direction of length 1.</summary>
    /// <param name="specification">Resolved, with a <see cref="DataSpecification.TargetDistance"/> δ.</param>
    /// <param name="others">Runs and files that it may start from.</param>
    /// <exception cref="BadInputException">F_0 is zero or not finite.</exception>
    internal static (Matrix Inputs, Matrix Targets, string Description) ArraysNearStart(
        ExperimentSpecification specification, OtherRuns? others)
    {
        double distance = specification.Data.TargetDistance!.Value;
        using var start = ExperimentProblem.Create(
            (specification with { Data = specification.Data with { TargetDistance = null } }).Resolve(), threads: 1, others);
        Matrix targets = Matrix.Allocate(start.Model.Samples * start.Model.OutputRows, start.Model.OutputColumns);
        start.Model.Output(start.Initial, start.Model.AllSamples, targets);
        Matrix direction = GaussianTokens.GaussianMatrix(
            new RandomSequence(specification.Data.Seed!.Value, "data.direction"), targets.Rows, targets.Columns, 1);
        double length = distance * Vectors.Norm(targets.Span) / Vectors.Norm(direction.Span);
        if (!(length > 0) || !double.IsFinite(length))
        {
            throw new BadInputException(
                "data.targetDistance",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the distance is measured in the norm of the output at the start, which must be positive and finite but is "
                        + $"{Vectors.Norm(targets.Span):R}. Choose another start."));
        }

        Vectors.AddScaled(targets.Span, length, direction.Span);
        return (
            start.Inputs, targets,
            FormattableString.Invariant($"{start.Description}, but targets at {distance:R} of its norm from the output at the start"));
    }

    // The teacher is drawn by the student's own law, so that its targets have the size of an untrained student's output.
    private static TokenData Teacher(ExperimentSpecification specification)
    {
        ExperimentSpecification teacher = TeacherOf(specification);
        if (teacher.Form != ModelForm.Residual)
        {
            (Matrix inputs, Matrix targets, string description) = TeacherArrays(specification);
            return new TokenData(Shape(specification), inputs, targets, description);
        }

        ResidualTransformerShape shape = teacher.Model.ToShape();
        var tokens = new TeacherTokens
        { Tokens = Gaussian(specification.Data), Initialisation = teacher.Initialisation.ToInitialisation(shape.Depth) };
        return tokens.Create(Shape(specification), specification.Data.Seed!.Value, shape);
    }

    /// <summary>Tokens and the output of a teacher of the student's kind: a
    /// row for each token, or for each sample where it pools them.</summary>
    /// <param name="specification">Resolved, of source teacher.</param>
    /// <exception cref="BadInputException">The teacher's output is not finite.</exception>
    internal static (Matrix Inputs, Matrix Targets, string Description) TeacherArrays(ExperimentSpecification specification)
    {
        ExperimentSpecification teacher = TeacherOf(specification);
        TokenShape shape = Shape(specification);
        DataForm form = DataForm.OfTokens(shape.Width, shape.Tokens) with { Outputs = shape.OutputWidth };
        string law = teacher.Form == ModelForm.ShallowEncoder
            ? $"{teacher.Initialisation.EncoderStart}"
            : $"{teacher.Initialisation.Scheme}";
        string words = string.Create(
            CultureInfo.InvariantCulture,
            $"depth {teacher.Model.Depth}, {teacher.Model.Heads} heads, "
                + $"m={teacher.Model.FfnWidth?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}, {law}, gain "
                + $"{teacher.Initialisation.Gain:R}");
        return new TeacherTokens { Tokens = Gaussian(specification.Data) }.Draw(
            shape, specification.Data.Seed!.Value, tokens => ExperimentProblem.OfForm(teacher, form, shape.Samples, tokens, default, 1),
            seed => ExperimentProblem.Start(teacher, form, seed), words);
    }

    private static ExperimentSpecification TeacherOf(ExperimentSpecification student) => student with
    {
        Initialisation = student.Initialisation with { ZeroFfnOut = false, From = null },
        Model = student.Data.TeacherResidual is { } residual
            ? student.Model with { AttentionResidual = residual, FfnResidual = residual }
            : student.Model,
    };

    private static TokenData Arrays(DataSpecification data) =>
        data.Path is { } archive ? ArrayTokens.ReadArchive(archive) : ArrayTokens.Read(data.Inputs!, data.Targets!);
}
