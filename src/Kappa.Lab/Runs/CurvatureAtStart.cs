using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs;

/// <summary>λ_max(J Jᵀ) of a model (P.4): from the whole Jacobian where that is small, otherwise by power iteration.</summary>
/// <remarks>The iteration forms J v by a central difference of F along v, accurate to about 1e-8, and stops when the
/// quotient has settled to 1e-4: enough for a step size. What is returned is always the Rayleigh quotient ‖Jᵀu‖² of a
/// unit vector u, which a kink inside the increment cannot make larger than λ_max. Same input, same bits.</remarks>
internal static class CurvatureAtStart
{
    private const long MostElements = 1L << 20;
    private const int MostIterations = 100;
    private const double Settled = 1e-4;

    /// <summary>The eigenvalue.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">Where.</param>
    /// <param name="trained">The matrices of J.</param>
    public static double Of(IModel model, ModelParameters parameters, TrainedSet trained)
    {
        long outputs = (long)model.Samples * model.OutputRows * model.OutputColumns;
        long count = model.Layout.Blocks.Where(trained.Includes).Sum(block => (long)block.Length);
        if (outputs * count > MostElements || count > int.MaxValue)
        {
            return Iterate(model, parameters, trained);
        }

        _ = JacobianMatrix.Spectrum(JacobianMatrix.Of(model, parameters, trained), out double[] singularValues);
        return singularValues[0] * singularValues[0];
    }

    /// <summary>By power iteration alone.</summary>
    internal static double Iterate(IModel model, ModelParameters parameters, TrainedSet trained)
    {
        Matrix u = Matrix.Allocate(model.Samples * model.OutputRows, model.OutputColumns), below = Matrix.Allocate(u.Rows, u.Columns);
        new RandomSequence(0, "kernel.power").FillGaussian(u.Span);
        Vectors.Scale(u.Span, 1 / Vectors.Norm(u.Span));
        var direction = new ModelParameters(model.Layout);
        var moved = new ModelParameters(model.Layout);
        double quotient = 0;
        for (int k = 0; k < MostIterations; k++)
        {
            // ⟨u, J Jᵀ u⟩ = ‖Jᵀ u‖²
            model.Backward(parameters, model.AllSamples, u, direction, trained);
            double length = Vectors.Norm(direction.Vector), before = quotient;
            quotient = length * length;
            if (!(quotient > 0) || !double.IsFinite(quotient) || Math.Abs(quotient - before) <= Settled * quotient)
            {
                break;
            }

            double step = Math.Cbrt(2.2e-16) * Math.Max(1, Vectors.Norm(parameters.Vector)) / length;
            Move(parameters, direction, step, moved);
            model.Output(moved, model.AllSamples, u);
            Move(parameters, direction, -step, moved);
            model.Output(moved, model.AllSamples, below);
            Vectors.AddScaled(u.Span, -1, below.Span);
            Vectors.Scale(u.Span, 1 / Vectors.Norm(u.Span));
        }

        return quotient;
    }

    private static void Move(ModelParameters from, ModelParameters direction, double step, ModelParameters to)
    {
        to.CopyFrom(from);
        Vectors.AddScaled(to.Vector, step, direction.Vector);
    }
}
