using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Studies.Residual;
using Xunit;

namespace Kappa.Lab.Tests.Studies;

public sealed class ArmSpecificationTests
{
    public static TheoryData<int, DataSource, double> Cases =>
        [
            .. from arm in Enumerable.Range(0, Arm.All.Count) from source in (DataSource[])[
                DataSource.Gaussian, DataSource.Teacher, DataSource.Text] from scale in (double[])[1, 4]
            select (arm, source, scale)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_command_of_a_run_reads_back_as_its_specification(int arm, DataSource source, double scale)
    {
        StepSizeSpecification[] rules = [
            StepSizeSpecification.Fixed(0.1 + 0.2), StepSizeSpecification.Fixed(1.2345678901234567e-7), StepSizeSpecification.Auto(0.3),
            StepSizeSpecification.Adaptive(1), ArmSpecification.OwnStep];
        foreach (StepSizeSpecification rule in rules)
        {
            ExperimentSpecification specification = ArmSpecification.Of(
                new LearningProblem(new ProblemSize(3, 5, 8, 12), source, 4, scale, 7), Arm.All[arm], rule, 321,
                spectra: rule.Kind != StepSizeKind.Auto);
            string[] words = ArmSpecification.Command(specification).Split(' ');
            Assert.Equal(["kappa", "run"], words[..2]);

            // What a shell does: a word with parentheses must be quoted, and its quotes go.
            string[] overrides = [.. words[2..].Select(word => word is ['\'', .. string inner, '\''] ? inner : word)];
            Assert.DoesNotContain(words, word => word.AsSpan().ContainsAny('(', '[') && !word.StartsWith('\''));
            SpecificationReading reading = SpecificationReader.Read(null, overrides);
            Assert.Empty(reading.Problems);
            Assert.Equal(specification.Resolve(), reading.Specification!.Resolve());
            Assert.Equal(RunName.Identity(specification), RunName.Identity(reading.Specification));
        }
    }

    [Fact]
    public void All_arms_of_a_case_learn_the_same_targets()
    {
        foreach (DataSource source in (DataSource[])[DataSource.Gaussian, DataSource.Teacher, DataSource.Text])
        {
            var problem = new LearningProblem(new ProblemSize(2, 3, 4, 5), source, 2, 1, 3);
            string[] fingerprints = [
                .. Arm.All.Select(arm =>
                    ExperimentData.Load(ArmSpecification.Of(problem, arm, StepSizeSpecification.Auto(1), 10)).Fingerprint)];
            _ = Assert.Single(fingerprints.Distinct());
        }
    }
}
