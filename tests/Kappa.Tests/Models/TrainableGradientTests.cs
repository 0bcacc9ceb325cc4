using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>Gradients of every trainable model against central differences,
/// and what must hold of batches, shards, threads and precisions.</summary>
public sealed class TrainableGradientTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, TrainableCase.All().Count())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_error_of_central_differences_falls_by_four_for_each_matrix_and_for_all(int index)
    {
        TrainableCase model = TrainableCase.All().ElementAt(index);
        using IModel evaluator = model.New();
        AssertSecondOrder(model, evaluator, TrainedSet.All);
        foreach (ParameterBlock block in evaluator.Layout.Blocks)
        {
            AssertSecondOrder(model, evaluator, TrainedSet.OfNames(block.Name));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_trained_subset_has_the_full_gradient_where_trained_and_zero_elsewhere(int index)
    {
        TrainableCase model = TrainableCase.All().ElementAt(index);
        using IModel evaluator = model.New();
        ModelParameters parameters = model.Parameters(evaluator.Layout), full = new(evaluator.Layout), part = new(evaluator.Layout);
        _ = evaluator.LossAndGradient(parameters, evaluator.AllSamples, full, TrainedSet.All);
        foreach (ParameterBlock trained in evaluator.Layout.Blocks)
        {
            _ = evaluator.LossAndGradient(parameters, evaluator.AllSamples, part, TrainedSet.OfNames(trained.Name));
            foreach (ParameterBlock block in evaluator.Layout.Blocks)
            {
                Assert.Equal(block == trained ? full[block].Span.ToArray() : new double[block.Length], part[block].Span.ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Any_number_of_threads_gives_the_same_bits(int index)
    {
        TrainableCase model = TrainableCase.All().ElementAt(index);
        using IModel one = model.New(), three = model.New(threads: 3);
        ModelParameters parameters = model.Parameters(one.Layout), first = new(one.Layout), second = new(one.Layout);
        double loss = one.LossAndGradient(parameters, one.AllSamples, first, TrainedSet.All);
        for (int repeat = 0; repeat < 3; repeat++)
        {
            Assert.Equal(loss, three.LossAndGradient(parameters, three.AllSamples, second, TrainedSet.All));
            Assert.Equal(first.Vector, second.Vector);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_output_of_a_sample_does_not_depend_on_its_batch(int index)
    {
        TrainableCase model = TrainableCase.All().ElementAt(index);
        using IModel evaluator = model.New();
        ModelParameters parameters = model.Parameters(evaluator.Layout);
        Matrix all = Matrix.Allocate(evaluator.Samples * evaluator.OutputRows, evaluator.OutputColumns),
            two = Matrix.Allocate(2 * evaluator.OutputRows, evaluator.OutputColumns);
        evaluator.Output(parameters, evaluator.AllSamples, all);
        int last = evaluator.Samples - 1;
        evaluator.Output(parameters, [last, 0], two);
        Assert.Equal(
            all.RowRange(last * evaluator.OutputRows, evaluator.OutputRows).Span.ToArray(),
            two.RowRange(0, evaluator.OutputRows).Span.ToArray());
        Assert.Equal(
            all.RowRange(0, evaluator.OutputRows).Span.ToArray(), two.RowRange(evaluator.OutputRows, evaluator.OutputRows).Span.ToArray());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_loss_of_a_batch_is_the_sum_or_mean_of_its_samples_losses(int index)
    {
        TrainableCase model = TrainableCase.All().ElementAt(index);
        using IModel evaluator = model.New();
        ModelParameters parameters = model.Parameters(evaluator.Layout);
        double sum = evaluator.Loss(parameters, [0]) + evaluator.Loss(parameters, [1]), batch = evaluator.Loss(parameters, [0, 1]);
        double factor = model.IsMean ? 0.5 : 1;
        Assert.InRange(batch / (factor * sum), 1 - 1e-14, 1 + 1e-14);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Single_precision_is_double_precision_to_its_rounding(int index)
    {
        TrainableCase model = TrainableCase.All().ElementAt(index);
        using IModel exact = model.New(), single = model.New(precision: Precision.Single);
        ModelParameters parameters = model.Parameters(exact.Layout), expected = new(exact.Layout), actual = new(exact.Layout);
        double loss = exact.LossAndGradient(parameters, exact.AllSamples, expected, TrainedSet.All);

        // 2⁻²⁴ = 6e-8 an operation, through sums of at most a few hundred terms and exponents of a few tens.
        Assert.InRange(single.LossAndGradient(parameters, single.AllSamples, actual, TrainedSet.All) / loss, 1 - 2e-5, 1 + 2e-5);
        Assert.InRange(
            Math.Sqrt(Vectors.SquaredDistance(expected.Vector, actual.Vector)), 1e-9 * Vectors.Norm(expected.Vector),
            1e-4 * Vectors.Norm(expected.Vector));
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        foreach (TrainableCase model in TrainableCase.All())
        {
            using IModel evaluator = model.New();
            ModelParameters parameters = model.Parameters(evaluator.Layout), gradient = new(evaluator.Layout);
            _ = evaluator.LossAndGradient(parameters, evaluator.AllSamples, gradient, TrainedSet.All);
            _ = evaluator.LossAndGradient(parameters, evaluator.AllSamples, gradient, TrainedSet.All);

            // The runtime itself allocates once where a thread first waits or
            // code is first compiled; a step that allocates does so every time.
            long least = long.MaxValue;
            for (int step = 0; step < 5; step++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                _ = evaluator.LossAndGradient(parameters, evaluator.AllSamples, gradient, TrainedSet.All);
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Assert.Equal(0, least);
        }
    }

    [Fact]
    public void What_does_not_fit_is_named_with_its_numbers()
    {
        using IModel evaluator = TrainableCase.All().First().New();
        ModelParameters parameters = TrainableCase.All().First().Parameters(evaluator.Layout);
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => evaluator.Loss(parameters, [])).Message, StringComparison.Ordinal);
        Assert.Contains(
            "but is 3", Assert.Throws<ArgumentException>(() => evaluator.Loss(parameters, [0, 3])).Message, StringComparison.Ordinal);
        Assert.Contains(
            "layout",
            Assert.Throws<ArgumentException>(() =>
                evaluator.Loss(new ModelParameters(TrainableCase.All().ElementAt(2).New().Layout), [0])).Message,
            StringComparison.Ordinal);
        _ = Assert.Throws<ArgumentException>(() => evaluator.Output(parameters, [0], Matrix.Allocate(1, 1)));
    }

    // D(h) = (ℒ(θ+hv) − ℒ(θ−hv))/2h has the error h²ℒ'''/6 + O(h⁴): the ratio of errors at h and h/2 is 4 + O(h²).
    private static void AssertSecondOrder(TrainableCase model, IModel evaluator, TrainedSet trained)
    {
        ModelParameters parameters = model.Parameters(evaluator.Layout), gradient = new(evaluator.Layout);
        double loss = evaluator.LossAndGradient(parameters, evaluator.AllSamples, gradient, trained);
        ModelParameters direction = Direction(evaluator.Layout, trained);
        double slope = Vectors.Dot(gradient.Vector, direction.Vector), h = model.Step;
        double coarse = Difference(h) - slope, fine = Difference(h / 2) - slope;
        double rounding = 1e-14 * Math.Max(1, loss) / h;
        Assert.InRange(Math.Abs(fine), 0, (1e-3 * Math.Max(1, loss)) + rounding);
        if (Math.Abs(coarse) > 1e3 * rounding)
        {
            Assert.InRange(coarse / fine, 3.9, 4.1);
        }
        else
        {
            // A loss that is quadratic along the direction, or a step that kinks keep small: equal to what rounding leaves.
            Assert.InRange(Math.Abs(fine), 0, 1e3 * rounding);
        }

        double Difference(double distance) => (LossAt(distance) - LossAt(-distance)) / (2 * distance);

        double LossAt(double distance)
        {
            ModelParameters moved = parameters.Clone();
            Vectors.AddScaled(moved.Vector, distance, direction.Vector);
            return evaluator.Loss(moved, evaluator.AllSamples);
        }
    }

    private static ModelParameters Direction(ParameterLayout layout, TrainedSet trained)
    {
        var direction = new ModelParameters(layout);
        new RandomSequence(5, "direction").FillGaussian(direction.Vector);
        foreach (ParameterBlock block in layout.Blocks.Where(block => !trained.Includes(block)))
        {
            direction[block].Fill(0);
        }

        Vectors.Scale(direction.Vector, 1 / Vectors.Norm(direction.Vector));
        return direction;
    }
}
