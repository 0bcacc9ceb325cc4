using Kappa.Lab.Data;
using Kappa.Models;

namespace Kappa.Lab.Experiments;

/// <summary>Loads or draws the data that a specification describes.</summary>
public static class ExperimentData
{
    /// <summary>The data of <paramref name="specification"/>.</summary>
    /// <param name="specification">A specification without problems.</param>
    /// <exception cref="BadInputException">A file is missing, malformed or contradicts the specification.</exception>
    public static TokenData Load(ExperimentSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        ExperimentSpecification resolved = specification.Resolve();
        DataSpecification data = resolved.Data;
        if (data is { Samples: { } samples, Tokens: { } tokens })
            MemoryLimit.Require("data", "Inputs and targets", sizeof(double) * (double)samples * tokens * (resolved.Model.Width + resolved.Model.OutputWidth));
        return data.Source switch
        {
            DataSource.Gaussian => Gaussian(data).Create(Shape(resolved), data.Seed!.Value),
            DataSource.Teacher => Teacher(resolved),
            DataSource.Text => new TextTokens().Create(Shape(resolved), data.Seed!.Value, data.Path is null ? TextCorpus.BuiltIn() : TextCorpus.Load(data.Path)),
            _ => Arrays(data),
        };
    }

    /// <summary>Whether the data depend on anything but the specification: user files, or the built-in text of this version.</summary>
    /// <param name="specification">The specification.</param>
    public static bool IsExternal(ExperimentSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        return specification.Data.Source is DataSource.Arrays or DataSource.Text || (specification.Data.IsLabelled && specification.Data.Path is not null);
    }

    private static TokenShape Shape(ExperimentSpecification specification) =>
        new(specification.Data.Samples!.Value, specification.Data.Tokens!.Value, specification.Model.Width, specification.Model.OutputWidth);

    private static GaussianTokens Gaussian(DataSpecification data) => new()
    {
        TokenScale = data.TokenScale,
        TargetScale = data.TargetScale,
        Correlation = data.Correlation,
    };

    // The teacher is drawn by the student's own law, so that its targets have the size of an untrained student's output.
    private static TokenData Teacher(ExperimentSpecification specification)
    {
        ResidualTransformerShape student = specification.Model.ToShape();
        ResidualTransformerShape teacher = specification.Data.TeacherResidual is { } residual
            ? student with { AttentionResidual = residual, FfnResidual = residual }
            : student;
        var tokens = new TeacherTokens
        {
            Tokens = Gaussian(specification.Data),
            Initialisation = (specification.Initialisation with { ZeroFfnOut = false }).ToInitialisation(student.Depth),
        };
        return tokens.Create(Shape(specification), specification.Data.Seed!.Value, teacher);
    }

    private static TokenData Arrays(DataSpecification data) =>
        data.Path is { } archive ? ArrayTokens.ReadArchive(archive) : ArrayTokens.Read(data.Inputs!, data.Targets!);
}
