using Kappa.Models;

namespace Kappa.Spectra;

/// <summary>J, the Jacobian of vec F in the trained parameters, of a small model, in full (P.4).</summary>
/// <remarks>One backward pass of one sample for each output number. Memory
/// outputs × parameters doubles: for few outputs or few parameters.</remarks>
public static class JacobianMatrix
{
    /// <summary>J [N·rows·columns, P]: row (i, r, c) is the gradient of F_{i,rc} in the trained matrices, in layout order.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">Where.</param>
    /// <param name="trained">The trained matrices.</param>
    /// <returns>New.</returns>
    /// <exception cref="ArgumentException">The layout differs, a trained name is not
    /// in the model, or J would have too many elements for an array.</exception>
    public static Matrix Of(IModel model, ModelParameters parameters, TrainedSet trained)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trained);
        bool[] isTrained = trained.Resolve(model.Layout);
        ParameterBlock[] blocks = [.. model.Layout.Blocks.Where((_, k) => isTrained[k])];
        int outputs = model.OutputRows * model.OutputColumns, count = blocks.Sum(block => block.Length);
        if ((long)model.Samples * outputs * count > Array.MaxLength)
        {
            throw new ArgumentException(
                $"J may have at most {Array.MaxLength} elements but would be [{(long)model.Samples * outputs}, {count}]; train fewer "
                    + $"matrices or use fewer samples.",
                nameof(model));
        }

        Matrix jacobian = Matrix.Allocate(model.Samples * outputs, count), unit = Matrix.Allocate(model.OutputRows, model.OutputColumns);
        var gradient = new ModelParameters(model.Layout);
        for (int row = 0; row < jacobian.Rows; row++)
        {
            unit.Span[row % outputs] = 1;
            model.Backward(parameters, [row / outputs], unit, gradient, trained);
            unit.Span[row % outputs] = 0;
            Gather(gradient, blocks, jacobian.Row(row));
        }

        return jacobian;
    }

    /// <summary>The summary of σ(J); λ(K) = σ². By the orthogonal route (P.1).</summary>
    /// <param name="jacobian">J.</param>
    /// <param name="singularValues">σ(J), largest first, new.</param>
    public static SpectrumSummary Spectrum(Matrix jacobian, out double[] singularValues)
    {
        singularValues = new double[Math.Min(jacobian.Rows, jacobian.Columns)];
        new Numerics.SingularValues(jacobian.Rows, jacobian.Columns).Compute(jacobian, singularValues);
        return SpectrumSummary.Of(singularValues, jacobian.Rows, jacobian.Columns);
    }

    private static void Gather(ModelParameters gradient, ParameterBlock[] blocks, Span<double> row)
    {
        foreach (ParameterBlock block in blocks)
        {
            gradient[block].Span.CopyTo(row);
            row = row[block.Length..];
        }
    }
}
