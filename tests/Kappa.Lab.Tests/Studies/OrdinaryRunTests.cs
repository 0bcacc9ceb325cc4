using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Kernels;
using Xunit;
using Quantity = Kappa.Lab.Studies.Kernels.Quantity;

namespace Kappa.Lab.Tests.Studies;

/// <summary>An ordinary run of a study's specification has the losses of the study's own loop.</summary>
public sealed class OrdinaryRunTests
{
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
                task, shape, recipe, ModelInitialisation.Create(shape, 5), 5,
                new KernelJobContext(null, "a", TestContext.Current.CancellationToken));
            var tests = new List<double>();
            double[] losses = LossesOf(KernelSpecifications.Classifier(arm, data, recipe, 5), tests, recipe.EvaluateEvery);
            Assert.Equal(series[Quantity.Loss], losses);
            Assert.Equal(
                series[Quantity.TestLoss].Zip(series[Quantity.TestAccuracy], (loss, accuracy) => (double[])[loss, accuracy])
                    .SelectMany(pair => pair),
                tests);
        }
    }

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
