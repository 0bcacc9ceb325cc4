using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Kernels;
using Kappa.Numerics;
using Xunit;
using Quantity = Kappa.Lab.Studies.Kernels.Quantity;

namespace Kappa.Lab.Tests.Studies;

/// <summary>An ordinary run of a study's specification has the losses of the study's own loop.</summary>
public sealed class OrdinaryRunTests
{
    private const int Losses = 30;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Runs_of_kernel_attention_have_the_same_bits(int kernel)
    {
        KernelArm arm = KernelArm.All[kernel];
        using (var problem = KernelProblem.Of(AllTrainedStudy.Shape(arm), AllTrainedStudy.Size, 0.5, 1))
        {
            double sigma = problem.Kernel(AllTrainedStudy.Trained).SigmaMax;
            Assert.Equal(
                problem.Descend(AllTrainedStudy.Trained, 0.3 / (sigma * sigma), Losses, TestContext.Current.CancellationToken),
                LossesOf(KernelSpecifications.AllTrained(arm, 0.5, 0.3, Losses, 1)));
        }

        KernelRun values = Made(ValuesOnlyStudy.Jobs(Plan()).First(job => job.Arm == arm.Name));
        Assert.Equal(values.Series[Quantity.Loss], LossesOf(KernelSpecifications.ValuesOnly(arm, 16, Losses, 0)));
        KernelRun queries = Made(QueriesOnlyStudy.Jobs(Plan()).First(job => job.Arm == arm.Name));
        Assert.Equal(queries.Series[Quantity.Loss], LossesOf(KernelSpecifications.QueriesOnly(arm, 6, 0.03, Losses, 0)));
    }

    [Fact]
    public void Starts_of_kernel_attention_have_the_same_parameters_but_for_the_orthogonal_output()
    {
        foreach (StartKind start in Enum.GetValues<StartKind>())
        {
            using var problem = KernelProblem.Of(AllTrainedStudy.Shape(KernelArm.Softmax), AllTrainedStudy.Size, 1, 3);
            KernelStarts.Apply(start, problem.Start);
            using var run = Experiment.Prepare(
                KernelSpecifications.AllTrained(KernelArm.Softmax, 1, 1, Losses, 3) with { Initialisation = KernelSpecifications.Law(start) });
            foreach (Kappa.Models.ParameterBlock block in problem.Start.Layout.Blocks)
            {
                double distance = Math.Sqrt(Vectors.SquaredDistance(problem.Start[block].Span, run.Initial[block].Span)) / Vectors.Norm(run.Initial[block].Span);
                bool isOther = start == StartKind.Orthogonal && block.Kind == Kappa.Models.ParameterKind.Output;
                Assert.True(isOther ? distance > 0.1 : distance < 1e-14, $"{start} {block.Name}: {distance}");
            }
        }

        using var variance = Experiment.Prepare(KernelSpecifications.Variance(KernelArm.Softmax, 0.25, 2));
        using var narrow = KernelProblem.Of(
            Kappa.Models.TransformerShape.KernelAttention(16, 2), ValuesOnlyStudy.Size, 1, 2, block => block.Kind is Kappa.Models.ParameterKind.Query or Kappa.Models.ParameterKind.Key ? 0.25 : 1);
        Assert.Equal(narrow.Start.Vector, variance.Initial.Vector);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_training_of_the_classifier_has_the_same_losses_and_tests(bool isText)
    {
        var size = new TaskSize(8, 4, isText ? 12 : 16);
        ClassifierTask task = isText ? TaskSources.Text(null, size) : TaskSources.Pathfinder(null, size);
        DataSpecification data = isText ? KernelSpecifications.Text(null, size) : KernelSpecifications.Pathfinder(null, size);
        var recipe = new TrainingRecipe(isText ? new PlainDescent() : new AdamDescent(), 1e-3, 40, 4, 2);
        foreach (KernelArm arm in KernelArm.All)
        {
            Kappa.Models.TransformerShape shape = task.Shape(arm.Kernel);
            (Dictionary<string, double[]> series, _) = ClassifierTraining.Run(
                task, shape, recipe, ModelInitialisation.Create(shape, 5), 5, new KernelJobContext(null, "a", TestContext.Current.CancellationToken));
            var tests = new List<double>();
            double[] losses = LossesOf(KernelSpecifications.Classifier(arm, data, recipe, 5), tests, recipe.EvaluateEvery);
            Assert.Equal(series[Quantity.Loss], losses);
            Assert.Equal(series[Quantity.TestLoss].Zip(series[Quantity.TestAccuracy], (loss, accuracy) => (double[])[loss, accuracy]).SelectMany(pair => pair), tests);
        }
    }

    private static KernelsPlan Plan() => KernelsPlan.Quick(new ReproductionChoices(true, 1, new Dictionary<string, string>())) with { ValueSteps = Losses, QuerySteps = Losses };

    private static KernelRun Made(KernelJob job) => job.FindOrRun(null, TestContext.Current.CancellationToken);

    private static double[] LossesOf(ExperimentSpecification specification, List<double>? tests = null, int every = 1)
    {
        Assert.Equal([], SpecificationRules.Check(specification));
        using var experiment = Experiment.Prepare(specification);
        var losses = new List<double>();
        DescentState state = experiment.Start();
        _ = experiment.Descent.Run(state, step =>
        {
            losses.Add(step.Loss);
            if (step.Step % every == 0)
            {
                Test(step.Parameters);
            }
        });
        Test(state.Parameters);
        return [.. losses];

        void Test(Kappa.Models.ModelParameters parameters)
        {
            if (tests is not null && experiment.Test(parameters) is var (loss, accuracy))
            {
                tests.AddRange([loss, accuracy]);
            }
        }
    }
}
