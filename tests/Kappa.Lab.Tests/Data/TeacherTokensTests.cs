using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Models;
using Xunit;

namespace Kappa.Lab.Tests.Data;

public sealed class TeacherTokensTests
{
    private static readonly TokenShape Shape = new(2, 3, 4);
    private static readonly ResidualTransformerShape Model = new() { Width = 4, FfnWidth = 6, Depth = 2 };

    [Fact]
    public void A_student_with_the_teachers_weights_has_no_loss_and_one_with_others_has()
    {
        TokenData data = new TeacherTokens { TeacherSeed = 5 }.Create(Shape, 1, Model);
        Assert.Equal(0, LossOf(data, seed: 5));
        Assert.True(LossOf(data, seed: 1) > 1e-3);
    }

    [Fact]
    public void The_tokens_are_the_gaussian_ones_and_the_default_teacher_is_not_the_student_of_the_same_seed()
    {
        TokenData data = new TeacherTokens().Create(Shape, 1, Model);
        Assert.Equal(new GaussianTokens().Create(Shape, 1).Inputs.Span.ToArray(), data.Inputs.Span.ToArray());
        Assert.True(LossOf(data, seed: 1) > 1e-3);
        Assert.Equal(data.Fingerprint, new TeacherTokens().Create(Shape, 1, Model).Fingerprint);
        Assert.NotEqual(data.Fingerprint, new TeacherTokens { TeacherSeed = 6 }.Create(Shape, 1, Model).Fingerprint);
    }

    [Fact]
    public void A_teacher_of_another_width_is_a_mistake_and_one_that_overflows_bad_input()
    {
        _ = Assert.Throws<ArgumentException>(() => new TeacherTokens().Create(new TokenShape(2, 3, 5), 1, Model));
        TeacherTokens wild = new() { Initialisation = new Initialisation { Gain = 1e200 } };
        Assert.Contains(
            "must be finite", Assert.Throws<BadInputException>(() => wild.Create(Shape, 1, Model)).Message, StringComparison.Ordinal);
    }

    private static double LossOf(TokenData data, long seed)
    {
        using var student = ResidualTransformer.WithoutTargets(Model, data.Inputs, data.Samples);
        student.Forward(new Initialisation().Create(Model, seed));
        double sum = 0;
        for (int row = 0; row < student.ForwardOutput.Rows; row++)
        {
            for (int column = 0; column < student.ForwardOutput.Columns; column++)
            {
                double difference = student.ForwardOutput[row, column] - data.Targets[row, column];
                sum += 0.5 * difference * difference;
            }
        }

        return sum;
    }
}
