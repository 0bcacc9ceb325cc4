using Kappa.Descent;
using Kappa.Models;
using Kappa.Tests.Models;
using Kappa.Tests.Numerics;
using Xunit;

namespace Kappa.Tests.Descent;

public sealed class TelemetryProbeTests
{
    private const double Epsilon = 2.220446049250313e-16;

    private static readonly string[] PartQuantities =
    [
        "sigmaMax", "sigmaMin", "sigmaMinNonzero", "conditionNumber", "conditionNumberNonzero", "numericalRank", "effectiveRank",
        "stableRank",
        "rankOneDistance", "tokenCosine", "sampleSigmaMin", "sampleConditionNumber",
    ];

    /// <summary>All rows of rank M; more rows than the width; more tokens in
    /// a sample than the width; more rows than hidden features.</summary>
    public static TheoryData<int, int, int, int> Sizes => new() { { 2, 2, 5, 7 }, { 3, 2, 5, 7 }, { 2, 4, 3, 9 }, { 2, 3, 7, 4 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_column_of_every_step_equals_an_independent_computation_at_the_state_before_the_update(
        int samples, int tokens, int width, int ffnWidth)
    {
        var point = new ModelCase(
            new ResidualTransformerShape { Depth = 2, Width = width, FfnWidth = ffnWidth, ReadoutWidth = 3, AttentionResidual = 0.8 },
            samples, tokens);
        using ResidualTransformer model = point.NewModel();
        var probe = new TelemetryProbe(model, TrainedSet.All);
        double[] row = new double[probe.Columns.Count];
        double[] previous = point.Weights.Vector;
        double pathLength = 0;
        int steps = 0;
        const double StepSize = 0.02;
        var descent = new GradientDescent(model, new DescentOptions { StepSize = StepSizeRule.Fixed(StepSize), MaximumSteps = 3 });
        _ = descent.Run(descent.Start(point.Weights), Check, probe.Record, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(4, steps);

        void Check(DescentStep step)
        {
            probe.Measure(step, row);
            pathLength += Norm(step.Parameters.Vector.Zip(previous, (a, b) => a - b));
            previous = [.. step.Parameters.Vector];
            Dictionary<string, double> expected = Expected(point, ResidualTransformerWeights.Of(point.Shape, step.Parameters), StepSize);
            expected["step"] = steps++;
            expected["pathLength"] = pathLength;
            expected["distance"] = Norm(step.Parameters.Vector.Zip(point.Weights.Vector, (a, b) => a - b));
            Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), probe.Columns.Order(StringComparer.Ordinal));
            for (int column = 0; column < row.Length; column++)
            {
                // κ stays below 1e4 here, so rounding is below 1e-11 of any value;
                // the path adds differences of nearby weights, three digits worse.
                double value = expected[probe.Columns[column]];
                Assert.True(
                    value.Equals(row[column]) || Math.Abs(row[column] - value) <= 1e-9 * Math.Abs(value),
                    $"step {step.Step}: {probe.Columns[column]} must be {value:R} but is {row[column]:R}.");
            }

            (LayerMatrix Matrix, ReadOnlyMemory<double> SingularValues)[] spectra = [.. probe.Spectra(step.Parameters, model.AllSamples)];
            model.Forward(step.Parameters);
            Matrix[] matrices = [
                .. Enumerable.Range(0, 2).Select(model.Layer)
                    .SelectMany(layer => new[] { layer.AttentionBranch, layer.AttentionOutput, layer.Hidden })];
            Assert.Equal(
                ["l0.branch", "l0.output", "l0.hidden", "l1.branch", "l1.output", "l1.hidden"],
                spectra.Select(spectrum => spectrum.Matrix.Name));
            Assert.All(spectra.Zip(matrices), pair => Assert.Equal(MatrixSamples.Values(pair.Second), pair.First.SingularValues.ToArray()));
        }
    }

    [Fact]
    public void The_columns_of_two_blocks_are_those_of_the_register_in_its_order()
    {
        using var model = ResidualTransformer.WithoutTargets(
            new ResidualTransformerShape { Depth = 2, Width = 4, FfnWidth = 5, ReadoutWidth = 3 }, Matrix.Allocate(6, 4), samples: 2);
        string[] expected =
        [
            "step", "loss", "gradientNorm", "plRatio", "stepSize", "stepRatio", "distance", "pathLength",
            "gradientNorm.query", "gradientNorm.key", "gradientNorm.value", "gradientNorm.ffnIn", "gradientNorm.ffnOut",
            "gradientNorm.readout",
            .. PartQuantities.Select(quantity => $"l0.branch.{quantity}"), .. PartQuantities.Select(quantity => $"l0.output.{quantity}"),
            "l0.hidden.sigmaMin",
            .. PartQuantities.Select(quantity => $"l1.branch.{quantity}"), .. PartQuantities.Select(quantity => $"l1.output.{quantity}"),
            "l1.hidden.sigmaMin",
        ];
        Assert.Equal(expected, new TelemetryProbe(model, TrainedSet.All).Columns);
    }

    [Fact]
    public void Without_spectra_and_with_one_kind_trained_only_the_scalars_and_that_kind_remain()
    {
        using var model = ResidualTransformer.WithoutTargets(
            new ResidualTransformerShape { Depth = 2, Width = 4, FfnWidth = 5 }, Matrix.Allocate(6, 4), samples: 2);
        var probe = new TelemetryProbe(model, TrainedSet.Of(ParameterKind.Value), spectra: false);
        Assert.Equal(
            ["step", "loss", "gradientNorm", "plRatio", "stepSize", "stepRatio", "distance", "pathLength", "gradientNorm.value"],
            probe.Columns);
        Assert.Null(probe.Record);
        Assert.Empty(probe.Spectra(new ModelParameters(model.Layout), model.AllSamples));
    }

    [Fact]
    public void Measuring_allocates_nothing()
    {
        var point = new ModelCase(new ResidualTransformerShape { Depth = 2, Width = 5, FfnWidth = 7 });
        using ResidualTransformer model = point.NewModel();
        var probe = new TelemetryProbe(model, TrainedSet.All);
        double[] row = new double[probe.Columns.Count];
        long allocated = long.MaxValue;
        var descent = new GradientDescent(model, new DescentOptions { StepSize = StepSizeRule.Fixed(0.01), MaximumSteps = 3 });
        _ = descent.Run(descent.Start(point.Weights), Measure, probe.Record, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(0, allocated);

        void Measure(DescentStep step)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            probe.Measure(step, row);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void A_row_of_another_length_is_refused_with_both_lengths()
    {
        var point = new ModelCase(new ResidualTransformerShape { Width = 5, FfnWidth = 7 });
        using ResidualTransformer model = point.NewModel();
        var probe = new TelemetryProbe(model, TrainedSet.All, spectra: false);
        var descent = new GradientDescent(model, new DescentOptions { StepSize = StepSizeRule.Fixed(0.01), MaximumSteps = 0 });
        ArgumentException refused = Assert.Throws<ArgumentException>(() =>
            descent.Run(
                descent.Start(point.Weights), step => probe.Measure(step, new double[4]),
                cancellation: TestContext.Current.CancellationToken));
        Assert.Contains($"The row must have {probe.Columns.Count} numbers but has 4.", refused.Message, StringComparison.Ordinal);
    }

    // The plain model sample by sample, singular values by MathNet, everything else as the register defines it.
    private static Dictionary<string, double> Expected(ModelCase point, ResidualTransformerWeights weights, double stepSize)
    {
        int tokens = point.Tokens;
        var gradient = new ResidualTransformerWeights(point.Shape);
        double loss = 0;
        var samples = new List<List<PlainResidualTransformer.Block>>();
        for (int sample = 0; sample < point.Samples; sample++)
        {
            List<PlainResidualTransformer.Block> blocks = PlainResidualTransformer.Forward(
                point.Shape, weights, PlainResidualTransformer.Of(point.Inputs.RowRange(sample * tokens, tokens)));
            double[,] error = PlainResidualTransformer.Output(weights, blocks);
            Matrix targets = point.Targets.RowRange(sample * tokens, tokens);
            for (int row = 0; row < tokens; row++)
            {
                for (int column = 0; column < targets.Columns; column++)
                {
                    error[row, column] -= targets[row, column];
                    loss += 0.5 * error[row, column] * error[row, column];
                }
            }

            PlainResidualTransformer.AddGradient(point.Shape, weights, blocks, error, gradient);
            samples.Add(blocks);
        }

        double norm = Norm(gradient.Vector);
        var expected = new Dictionary<string, double>
        {
            ["loss"] = loss,
            ["gradientNorm"] = norm,
            ["plRatio"] = norm * norm / (2 * loss),
            ["stepSize"] = stepSize,
            ["stepRatio"] = stepSize * norm / Norm(weights.Vector),
        };
        foreach (
            (ParameterKind kind, string name) in new[]
            {
                (ParameterKind.Query, "query"), (ParameterKind.Key, "key"), (ParameterKind.Value, "value"), (ParameterKind.FfnIn, "ffnIn"),
                (ParameterKind.FfnOut, "ffnOut"), (ParameterKind.Readout, "readout"),
            })
        {
            expected[$"gradientNorm.{name}"] = Norm(
                gradient.Layout.Blocks.Where(block => block.Kind == kind).SelectMany(block => gradient[block].Span.ToArray()));
        }

        for (int layer = 0; layer < point.Shape.Depth; layer++)
        {
            AddPart(expected, $"l{layer}.branch", [.. samples.Select(blocks => blocks[layer].Branch)]);
            AddPart(expected, $"l{layer}.output", [.. samples.Select(blocks => blocks[layer].H)]);
            expected[$"l{layer}.hidden.sigmaMin"] = RowSide(Stack([.. samples.Select(blocks => blocks[layer].Phi)]));
        }

        return expected;
    }

    private static void AddPart(Dictionary<string, double> expected, string name, double[][,] samples)
    {
        double[,] stacked = Stack(samples);
        double[] values = Singular(stacked);
        double floor = Epsilon * values[0] * Math.Sqrt(stacked.GetLength(0));
        double[] known = [.. values.Where(value => value >= floor)];
        double sum = values.Sum();
        double[][] conditionNumbers = [.. samples.Select(Singular)];
        expected[$"{name}.sigmaMax"] = values[0];
        expected[$"{name}.sigmaMin"] = RowSide(stacked);
        expected[$"{name}.sigmaMinNonzero"] = known[^1];
        expected[$"{name}.conditionNumber"] = values[0] / values[^1];
        expected[$"{name}.conditionNumberNonzero"] = values[0] / known[^1];
        expected[$"{name}.numericalRank"] = known.Length;
        expected[$"{name}.effectiveRank"] = Math.Exp(-values.Sum(value => value / sum * Math.Log(value / sum)));
        expected[$"{name}.stableRank"] = values.Sum(value => value * value) / (values[0] * values[0]);
        expected[$"{name}.rankOneDistance"] = Norm(samples.SelectMany(Deviations)) / Norm(stacked.Cast<double>());
        expected[$"{name}.tokenCosine"] = samples.Average(Cosine);
        expected[$"{name}.sampleSigmaMin"] = samples.Min(RowSide);
        expected[$"{name}.sampleConditionNumber"] = conditionNumbers.Max(sample => sample[0] / sample[^1]);
    }

    private static double RowSide(double[,] matrix) => matrix.GetLength(0) > matrix.GetLength(1) ? 0 : Singular(matrix)[^1];

    private static IEnumerable<double> Deviations(double[,] sample) =>
        from column in Enumerable.Range(0, sample.GetLength(1))
        let mean = Enumerable.Range(0, sample.GetLength(0)).Average(row => sample[row, column])
        from row in Enumerable.Range(0, sample.GetLength(0))
        select sample[row, column] - mean;

    private static double Cosine(double[,] sample)
    {
        double[][] rows = [
            .. Enumerable.Range(0, sample.GetLength(0)).Select(row =>
                Enumerable.Range(0, sample.GetLength(1)).Select(column => sample[row, column]).ToArray())];
        IEnumerable<double> cosines =
            from j in Enumerable.Range(0, rows.Length)
            from k in Enumerable.Range(0, j)
            select rows[j].Zip(rows[k], (a, b) => a * b).Sum() / Norm(rows[j]) / Norm(rows[k]);
        return cosines.Average();
    }

    private static double[,] Stack(double[][,] samples)
    {
        int tokens = samples[0].GetLength(0);
        double[,] stacked = new double[samples.Length * tokens, samples[0].GetLength(1)];
        for (int row = 0; row < stacked.GetLength(0); row++)
        {
            for (int column = 0; column < stacked.GetLength(1); column++)
            {
                stacked[row, column] = samples[row / tokens][row % tokens, column];
            }
        }

        return stacked;
    }

    private static double[] Singular(double[,] matrix) =>
        [.. MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DenseOfArray(matrix).Svd(false).S];

    private static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));
}
