using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>J v and ∇²ℒ v by central differences, for a model that has no exact ones: about ten digits of a well-scaled product.</summary>
/// <remarks>h ‖v‖ = ε^⅓ (1 + ‖θ‖) balances the third derivative's h² against the rounding ε/h.</remarks>
internal static class DifferencedProducts
{
    // ε^⅓ with ε = 2⁻⁵².
    private const double RelativeStep = 6.055454452393343e-6;

    /// <summary>(F(θ + h v) − F(θ − h v))/2h.</summary>
    public static void Tangent(IModel model, ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, Matrix tangent)
    {
        if (StepAlong(parameters, direction) is not double step)
        {
            tangent.Fill(0);
            return;
        }

        Matrix below = Matrix.Allocate(tangent.Rows, tangent.Columns);
        model.Output(Moved(parameters, direction, -step), batch, below);
        model.Output(Moved(parameters, direction, step), batch, tangent);
        for (int row = 0; row < tangent.Rows; row++)
        {
            Vectors.AddScaled(tangent.Row(row), -1, below.Row(row));
            Vectors.Scale(tangent.Row(row), 0.5 / step);
        }
    }

    /// <summary>(∇ℒ(θ + h v) − ∇ℒ(θ − h v))/2h.</summary>
    public static void HessianProduct(
        IModel model, ModelParameters parameters, ReadOnlySpan<int> batch, ModelParameters direction, ModelParameters result, TrainedSet trained)
    {
        ModelParameters along = direction.Clone();
        foreach (ParameterBlock block in along.Layout.Blocks.Where(block => !trained.Includes(block)))
        {
            along[block].Fill(0);
        }

        if (StepAlong(parameters, along) is not double step)
        {
            Array.Clear(result.Vector);
            return;
        }

        var below = new ModelParameters(model.Layout);
        _ = model.LossAndGradient(Moved(parameters, along, -step), batch, below, trained);
        _ = model.LossAndGradient(Moved(parameters, along, step), batch, result, trained);
        Vectors.AddScaled(result.Vector, -1, below.Vector);
        Vectors.Scale(result.Vector, 0.5 / step);
    }

    private static double? StepAlong(ModelParameters parameters, ModelParameters direction)
    {
        double norm = Vectors.Norm(direction.Vector);
        return norm == 0 ? null : RelativeStep * (1 + Vectors.Norm(parameters.Vector)) / norm;
    }

    private static ModelParameters Moved(ModelParameters from, ModelParameters direction, double step)
    {
        ModelParameters moved = from.Clone();
        Vectors.AddScaled(moved.Vector, step, direction.Vector);
        return moved;
    }
}
