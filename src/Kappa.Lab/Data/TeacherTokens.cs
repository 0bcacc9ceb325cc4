using System.Globalization;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Data;

/// <summary>Teacher–student data: Gaussian tokens X, and targets Y = F(X) of a model of the
/// student's shape with weights of its own, so that zero loss can be reached.</summary>
/// <remarks>The teacher's output is computed by one thread, whatever the run uses. Model: theory page <c>model</c>, R.1–R.4.</remarks>
internal sealed record TeacherTokens
{
    /// <summary>The tokens; its target scale is not used.</summary>
    public GaussianTokens Tokens { get; init; } = new();

    /// <summary>How the teacher's weights are drawn.</summary>
    public Initialisation Initialisation { get; init; } = new();

    /// <summary>Seed of the teacher's weights; <c>null</c> takes 64 bits of the stream <c>data.teacher</c>.
    /// A student started from the same seed and law would start at the solution.</summary>
    public long? TeacherSeed { get; init; }

    /// <summary>Draws tokens and computes the teacher's output.</summary>
    /// <param name="shape">Sizes; d and d_out are the teacher's.</param>
    /// <param name="seed">Any integer.</param>
    /// <param name="teacher">Shape of the teacher, usually the student's.</param>
    /// <exception cref="ArgumentException">The widths of data and teacher differ, or an option is out of range.</exception>
    /// <exception cref="BadInputException">The teacher's output is not finite.</exception>
    public TokenData Create(TokenShape shape, long seed, ResidualTransformerShape teacher)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(teacher);
        if (teacher.Width != shape.Width || teacher.OutputWidth != shape.OutputWidth)
        {
            throw new ArgumentException(
                $"The teacher must map width {shape.Width} to {shape.OutputWidth} but maps {teacher.Width} to {teacher.OutputWidth}.",
                nameof(teacher));
        }

        (Matrix inputs, string description) = Tokens.DrawInputs(shape, seed);
        long teacherSeed = TeacherSeed ?? unchecked((long)new RandomSequence(seed, "data.teacher").Block(0).First);
        Matrix targets = Matrix.Allocate(shape.Rows, shape.OutputWidth);
        using (var model = ResidualTransformer.WithoutTargets(teacher, inputs, shape.Samples))
        {
            model.Forward(Initialisation.Create(teacher, teacherSeed));
            model.ForwardOutput.CopyTo(targets);
        }

        RequireFinite(targets);
        return new TokenData(
            shape, inputs, targets,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{description}, targets of a teacher (depth {teacher.Depth}, m={teacher.FfnWidth}, {Initialisation.Scheme}, gain "
                    + $"{Initialisation.Gain:R}, seed {teacherSeed}), seed {seed}"));
    }

    /// <summary>Tokens and the output of a teacher of any kind.</summary>
    /// <param name="shape">Sizes of the tokens.</param>
    /// <param name="seed">Any integer.</param>
    /// <param name="newTeacher">The teacher on tokens.</param>
    /// <param name="start">Its parameters from a seed.</param>
    /// <param name="words">What it is.</param>
    /// <exception cref="BadInputException">The teacher's output is not finite.</exception>
    internal (Matrix Inputs, Matrix Targets, string Description) Draw(
        TokenShape shape, long seed, Func<Matrix, IModel> newTeacher, Func<long, ModelParameters> start, string words)
    {
        (Matrix inputs, string description) = Tokens.DrawInputs(shape, seed);
        long teacherSeed = TeacherSeed ?? unchecked((long)new RandomSequence(seed, "data.teacher").Block(0).First);
        using IModel teacher = newTeacher(inputs);
        Matrix targets = Matrix.Allocate(teacher.Samples * teacher.OutputRows, teacher.OutputColumns);
        teacher.Output(start(teacherSeed), teacher.AllSamples, targets);
        RequireFinite(targets);
        return (
            inputs, targets,
            string.Create(CultureInfo.InvariantCulture, $"{description}, targets of a teacher ({words}, seed {teacherSeed}), seed {seed}"));
    }

    private static void RequireFinite(in Matrix targets)
    {
        foreach (double value in targets.Span)
        {
            if (!double.IsFinite(value))
            {
                throw new BadInputException(
                    "teacher",
                    $"the output must be finite but holds {value}. Lower the gains, the temperature or the depth of the teacher.");
            }
        }
    }
}
