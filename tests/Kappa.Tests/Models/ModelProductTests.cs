using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>The products of every model over a part of its samples, in any order.</summary>
public sealed class ModelProductTests
{
    private static readonly TrainableCase[] Cases = [.. TrainableCase.All()];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Cases.Length)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void The_tangent_of_a_batch_and_its_backward_pass_are_adjoint(int index)
    {
        using IModel model = Cases[index].New();
        ModelParameters at = Cases[index].Parameters(model.Layout), along = Direction(model.Layout), gradient = new(model.Layout);
        int[] batch = [model.Samples - 1, 0];
        Matrix u = Matrix.Allocate(2 * model.OutputRows, model.OutputColumns), tangent = Matrix.Allocate(u.Rows, u.Columns);
        new RandomSequence(7, "output").FillGaussian(u.Span);
        model.Tangent(at, batch, along, tangent);
        model.Backward(at, batch, u, gradient, TrainedSet.All);

        // ⟨u, J v⟩ = ⟨Jᵀ u, v⟩; a tangent by differences is right to about ten digits.
        double left = Vectors.Dot(u.Span, tangent.Span), right = Vectors.Dot(gradient.Vector, along.Vector);
        Assert.Equal(left, right, 1e-8 * Vectors.Norm(u.Span) * Vectors.Norm(tangent.Span));
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void A_record_of_another_model_or_for_fewer_samples_is_refused(int index)
    {
        using IModel model = Cases[index].New();
        ModelParameters at = Cases[index].Parameters(model.Layout), gradient = new(model.Layout);
        var small = new LayerRecord(model, LayerPart.Output, samples: 1);
        ArgumentException refusal =
            Assert.Throws<ArgumentException>(() => model.LossAndGradient(at, model.AllSamples, gradient, TrainedSet.All, small));
        Assert.Contains("room for the batch", refusal.Message, StringComparison.Ordinal);
    }

    private static ModelParameters Direction(ParameterLayout layout)
    {
        var direction = new ModelParameters(layout);
        new RandomSequence(9, "direction").FillGaussian(direction.Vector);
        Vectors.Scale(direction.Vector, 1 / Vectors.Norm(direction.Vector));
        return direction;
    }
}
