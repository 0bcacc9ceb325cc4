using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>
/// The one Transformer over its whole space of shapes: against plain loops, differences, adjoints and model R's own implementation.
/// </summary>
public sealed class TransformerTests
{
    private const int Shapes = 320;

    public static TheoryData<int> Tens => [.. Enumerable.Range(0, Shapes / 10)];

    public static TheoryData<int> ResidualCases => [.. Enumerable.Range(0, ModelCase.Varied().Count())];

    [Theory]
    [MemberData(nameof(Tens))]
    public void Outputs_are_those_of_plain_loops(int ten) => ForEach(ten, isSmooth: false, (drawn, model, name) =>
    {
        Matrix output = NewOutput(model);
        model.Output(drawn.Parameters, model.AllSamples, output);
        var plain = new PlainTransformer(drawn.Shape, drawn.Parameters);
        double[] expected = [.. Enumerable.Range(0, model.Samples).SelectMany(sample => plain.Output(drawn.Data, sample)).SelectMany(row =>
            row)];

        // Sums of at most a few hundred terms through three layers: a few thousand ε.
        AssertClose(expected, output.Span, 1e-12, name);
    });

    [Theory]
    [MemberData(nameof(Tens))]
    public void Gradients_are_those_of_central_differences_to_their_next_order(int ten) => ForEach(ten, isSmooth: true,
        (drawn, model, name) =>
    {
        ModelParameters direction = drawn.Direction("v"), gradient = new(model.Layout);
        double loss = model.LossAndGradient(drawn.Parameters, model.AllSamples, gradient, TrainedSet.All);
        Assert.Equal(loss, model.Loss(drawn.Parameters, model.AllSamples));
        double[] slope = [Vectors.Dot(gradient.Vector, direction.Vector)];
        AssertDerivative(drawn.Parameters, direction, at => [model.Loss(at, model.AllSamples)], slope, Math.Abs(loss) + 1, name);
    });

    [Theory]
    [MemberData(nameof(Tens))]
    public void Tangents_are_derivatives_of_outputs_and_adjoint_to_the_way_back(int ten) => ForEach(ten, isSmooth: true,
        (drawn, model, name) =>
    {
        ModelParameters direction = drawn.Direction("v"), gradient = new(model.Layout);
        Matrix tangent = NewOutput(model), u = NewOutput(model);
        model.Tangent(drawn.Parameters, model.AllSamples, direction, tangent);
        AssertDerivative(drawn.Parameters, direction, at => Output(model, at), tangent.Span.ToArray(),
            1 + Vectors.Norm(Output(model, drawn.Parameters)), name);

        // ⟨u, J v⟩ = ⟨Jᵀ u, v⟩
        new RandomSequence(3, "u").FillGaussian(u.Span);
        model.Backward(drawn.Parameters, model.AllSamples, u, gradient, TrainedSet.All);
        double left = Vectors.Dot(u.Span, tangent.Span), right = Vectors.Dot(gradient.Vector, direction.Vector);
        Assert.True(Math.Abs(left - right) <= 1e-12 * (1 + (Vectors.Norm(u.Span) * Vectors.Norm(tangent.Span))),
            $"{left} and {right}: {name}");
    });

    [Theory]
    [MemberData(nameof(Tens))]
    public void Hessian_products_are_symmetric_and_derivatives_of_gradients(int ten) => ForEach(ten, isSmooth: true, (drawn, model, name) =>
    {
        ModelParameters v = drawn.Direction("v"), w = drawn.Direction("w"), ofV = new(model.Layout), ofW = new(model.Layout);
        model.HessianProduct(drawn.Parameters, model.AllSamples, v, ofV, TrainedSet.All);
        model.HessianProduct(drawn.Parameters, model.AllSamples, w, ofW, TrainedSet.All);
        double left = Vectors.Dot(w.Vector, ofV.Vector), right = Vectors.Dot(v.Vector, ofW.Vector),
            size = 1 + Vectors.Norm(ofV.Vector) + Vectors.Norm(ofW.Vector);
        Assert.True(Math.Abs(left - right) <= 1e-12 * size, $"{left} and {right}: {name}");
        var gradient = new ModelParameters(model.Layout);
        AssertDerivative(
            drawn.Parameters, v,
            at =>
            {
                _ = model.LossAndGradient(at, model.AllSamples, gradient, TrainedSet.All);
                return [.. gradient.Vector];
            },
            ofV.Vector, size, name);
    });

    [Theory]
    [MemberData(nameof(Tens))]
    public void A_trained_subset_has_its_part_of_the_gradient_and_of_the_Hessian(int ten) => ForEach(ten, isSmooth: false,
        (drawn, model, name) =>
    {
        ModelParameters full = new(model.Layout), part = new(model.Layout), direction = drawn.Direction("v"), inside = new(model.Layout);
        ModelParameters elsewhere = drawn.Parameters.Clone();
        Vectors.AddScaled(elsewhere.Vector, 0.5, direction.Vector);
        _ = model.LossAndGradient(drawn.Parameters, model.AllSamples, full, TrainedSet.All);
        foreach (ParameterBlock trained in model.Layout.Blocks)
        {
            // What an earlier pass left behind must not do for what this one leaves out.
            var set = TrainedSet.OfNames(trained.Name);
            _ = model.LossAndGradient(elsewhere, model.AllSamples, part, TrainedSet.All);
            _ = model.LossAndGradient(drawn.Parameters, model.AllSamples, part, set);
            AssertPart(full, part, trained, name);

            // The direction counts in the trained matrix alone.
            model.HessianProduct(drawn.Parameters, model.AllSamples, direction, part, set);
            Array.Clear(inside.Vector);
            direction[trained].CopyTo(inside[trained]);
            model.HessianProduct(drawn.Parameters, model.AllSamples, inside, full, TrainedSet.All);
            AssertPart(full, part, trained, name);
            _ = model.LossAndGradient(drawn.Parameters, model.AllSamples, full, TrainedSet.All);
        }
    });

    [Theory]
    [MemberData(nameof(Tens))]
    public void Any_number_of_threads_gives_the_same_bits(int ten) => ForEach(ten, isSmooth: false, (drawn, model, name) =>
    {
        ModelParameters direction = drawn.Direction("v");
        (double[] gradient, double[] hessian, double[] tangent) = All(model);
        foreach (int threads in (int[])[2, 3])
        {
            using Transformer other = drawn.New(threads);
            (double[] Gradient, double[] Hessian, double[] Tangent) found = All(other);
            Assert.True(gradient.SequenceEqual(found.Gradient) && hessian.SequenceEqual(found.Hessian)
                && tangent.SequenceEqual(found.Tangent), $"{threads} threads: {name}");
        }

        (double[] Gradient, double[] Hessian, double[] Tangent) All(Transformer any)
        {
            ModelParameters g = new(any.Layout), h = new(any.Layout);
            Matrix t = NewOutput(any);
            _ = any.LossAndGradient(drawn.Parameters, any.AllSamples, g, TrainedSet.All);
            any.HessianProduct(drawn.Parameters, any.AllSamples, direction, h, TrainedSet.All);
            any.Tangent(drawn.Parameters, any.AllSamples, direction, t);
            return (g.Vector, h.Vector, t.Span.ToArray());
        }
    });

    [Theory]
    [MemberData(nameof(Tens))]
    public void Records_hold_what_the_equations_relate(int ten) => ForEach(ten, isSmooth: false, (drawn, model, name) =>
    {
        var record = new LayerRecord(model, _ => true);
        ModelParameters gradient = new(model.Layout), plain = new(model.Layout);
        int[] batch = [.. Enumerable.Range(0, model.Samples).Reverse()];
        double loss = model.LossAndGradient(drawn.Parameters, batch, gradient, TrainedSet.All, record);

        // Looking changes nothing.
        Assert.Equal(loss, model.LossAndGradient(drawn.Parameters, batch, plain, TrainedSet.All));
        Assert.Equal(plain.Vector, gradient.Vector);
        TransformerShape shape = drawn.Shape;
        for (int layer = 0; layer < shape.Depth; layer++)
        {
            // H = ρ_a Z + B, row by row.
            double[] sum = record[layer, LayerPart.AttentionBranch].Span.ToArray();
            if (shape.AttentionResidual != 0)
            {
                Vectors.AddScaled(sum, shape.AttentionResidual, record[layer, LayerPart.Input].Span);
            }

            AssertClose(sum, record[layer, LayerPart.AttentionOutput].Span, 1e-13, name);
            if (shape is { Heads: > 1, HasOutput: true, AttentionActivation: null, HasAttentionBiases: false })
            {
                double[] heads = new double[sum.Length];
                Enumerable.Range(0, shape.Heads).ToList().ForEach(head =>
                    Vectors.AddScaled(heads, 1, record[layer, LayerPart.HeadBranch, head].Span));
                AssertClose(record[layer, LayerPart.AttentionBranch].Span, heads, 1e-13, name);
            }

            for (int head = 0; head < shape.Heads && shape.Kernel.HasUnitRows; head++)
            {
                Matrix weights = record[layer, LayerPart.AttentionWeights, head];
                Assert.All(Enumerable.Range(0, weights.Rows), row => Assert.Equal(1, weights.Row(row).ToArray().Sum(), 1e-13));
            }

            Matrix output = record[layer, shape.Norm != NormPlace.After ? LayerPart.Output : shape.FfnWidth is null
                ? LayerPart.AttentionOutputNorm : LayerPart.OutputNorm];
            AssertClose(layer + 1 < shape.Depth ? record[layer + 1, LayerPart.Input].Span : output.Span, output.Span, 0, name);
        }
    });

    [Fact]
    public void A_step_allocates_nothing()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var drawn = new RandomTransformer(seed, isSmooth: false);
            using Transformer model = drawn.New();
            ModelParameters gradient = new(model.Layout), direction = drawn.Direction("v");
            var record = new LayerRecord(model, _ => true);
            Matrix tangent = NewOutput(model);
            Assert.Equal(0, Least(() => _ = model.LossAndGradient(drawn.Parameters, model.AllSamples, gradient, TrainedSet.All)));
            Assert.Equal(0, Least(() => _ = model.LossAndGradient(drawn.Parameters, model.AllSamples, gradient, TrainedSet.All, record)));
            Assert.Equal(0, Least(() => model.Tangent(drawn.Parameters, model.AllSamples, direction, tangent)));
            Assert.Equal(0, Least(() => model.HessianProduct(drawn.Parameters, model.AllSamples, direction, gradient, TrainedSet.All)));
        }

        // The runtime itself allocates once where code is first compiled; a step that allocates does so every time.
        static long Least(Action step)
        {
            step();
            return Enumerable.Range(0, 4).Min(_ =>
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                step();
                return GC.GetAllocatedBytesForCurrentThread() - before;
            });
        }
    }

    [Theory]
    [MemberData(nameof(ResidualCases))]
    public void The_form_of_model_R_is_model_R(int index)
    {
        ModelCase own = ModelCase.Varied().ElementAt(index);
        using ResidualTransformer residual = own.NewModel();
        using var model = new Transformer(TransformerShape.Residual(own.Shape),
            new TransformerData { Samples = own.Samples, Inputs = own.Inputs, Targets = own.Targets });
        Assert.Equal(own.Weights.Layout.Blocks, model.Layout.Blocks);
        var parameters = new ModelParameters(model.Layout);
        own.Weights.Vector.CopyTo(parameters.Vector.AsSpan());
        (double loss, ResidualTransformerWeights gradient) = own.Evaluate(residual, own.Weights);
        var found = new ModelParameters(model.Layout);
        Assert.Equal(loss, model.LossAndGradient(parameters, model.AllSamples, found, TrainedSet.All), 1e-12 * loss);
        AssertClose(gradient.Vector, found.Vector, 1e-12, own.ToString());
        ResidualTransformerWeights direction = own.UnitDirection(1), product = new(own.Shape);
        ModelParameters along = new(model.Layout);
        direction.Vector.CopyTo(along.Vector.AsSpan());
        Matrix tangent = NewOutput(model), expected = NewOutput(model);
        residual.Tangent(own.Weights, direction, expected, TrainedSet.All);
        model.Tangent(parameters, model.AllSamples, along, tangent);
        AssertClose(expected.Span, tangent.Span, 1e-12, own.ToString());
        residual.HessianProduct(own.Weights, residual.AllSamples, direction, product, TrainedSet.All);
        model.HessianProduct(parameters, model.AllSamples, along, found, TrainedSet.All);
        AssertClose(product.Vector, found.Vector, 1e-12, own.ToString());
    }

    private static void ForEach(int ten, bool isSmooth, Action<RandomTransformer, Transformer, string> check)
    {
        for (int seed = 10 * ten; seed < 10 * (ten + 1); seed++)
        {
            var drawn = new RandomTransformer(seed, isSmooth);
            using Transformer model = drawn.New();
            check(drawn, model, $"seed {seed}, N = {drawn.Data.Samples}, n = {model.Tokens}, {drawn.Shape}");
        }
    }

    private static Matrix NewOutput(Transformer model) => Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns);

    private static double[] Output(Transformer model, ModelParameters at)
    {
        Matrix output = NewOutput(model);
        model.Output(at, model.AllSamples, output);
        return output.Span.ToArray();
    }

    // D(h) = (f(θ+hv) − f(θ−hv))/2h = f' + h² c + O(h⁴), so D(h/2) − f' is a third of D(h) − D(h/2): a test of f' to the next order.
    private static void AssertDerivative(ModelParameters parameters, ModelParameters direction, Func<ModelParameters, double[]> function,
        double[] derivative, double size, string name)
    {
        const double h = 1.0 / 64;
        double[] coarse = Difference(h), fine = Difference(h / 2), finest = Difference(h / 4);
        double[] rest = [.. finest.Select((value, k) => value - derivative[k] - ((fine[k] - value) / 3))];
        double change = Math.Sqrt(Vectors.SquaredDistance(coarse, fine)), rounding = 1e-13 * size / h;
        Assert.True(Vectors.Norm(rest) <= (0.02 * change) + (10 * rounding),
            $"{Vectors.Norm(rest)} beside {change} and {rounding}: {name}");

        double[] Difference(double step)
        {
            double[] above = At(step), below = At(-step);
            return [.. above.Select((value, k) => (value - below[k]) / (2 * step))];
        }

        double[] At(double step)
        {
            ModelParameters moved = parameters.Clone();
            Vectors.AddScaled(moved.Vector, step, direction.Vector);
            return function(moved);
        }
    }

    private static void AssertPart(ModelParameters full, ModelParameters part, ParameterBlock trained, string name)
    {
        foreach (ParameterBlock block in full.Layout.Blocks)
        {
            double[] expected = block == trained ? full[block].Span.ToArray() : new double[block.Length];
            Assert.True(expected.SequenceEqual(part[block].Span.ToArray()), $"{block.Name} with {trained.Name} trained: {name}");
        }
    }

    private static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance, string name)
    {
        Assert.Equal(expected.Length, actual.Length);
        double distance = Math.Sqrt(Vectors.SquaredDistance(expected, actual)), size = 1 + Vectors.Norm(expected);
        Assert.True(distance <= tolerance * size, $"{distance} of {size}: {name}");
    }
}
