using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Where the gradients of a way back go: the places of the trained matrices in a vector of all of them.</summary>
/// <param name="layout">The layout.</param>
/// <param name="isTrained">For each matrix of it, whether its gradient is wanted; empty for none.</param>
/// <param name="vector">All gradients in layout order [1, P].</param>
/// <param name="lowest">Number of the first matrix that the way back has to reach.</param>
/// <param name="old">0 or 1: the factor of what is there.</param>
internal readonly struct GradientTarget<T>(ParameterLayout layout, bool[] isTrained, Matrix<T> vector, int lowest, double old)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The factor of what is there.</summary>
    public double Old => old;

    /// <summary>Number of the first matrix that the way back has to reach: below it nothing is computed.</summary>
    public int Lowest => lowest;

    /// <summary>The same way back without a gradient.</summary>
    public GradientTarget<T> Nothing => new(layout, [], vector, lowest, old);

    /// <summary>The gradient of a matrix of the layout.</summary>
    public Matrix<T> this[int index]
    {
        get
        {
            ParameterBlock block = layout.Blocks[index];
            return new Matrix<T>(vector.Buffer, vector.Offset + block.Offset, block.Rows, block.Columns);
        }
    }

    /// <summary>Whether the gradient of a matrix is wanted; −1 stands for one that the model has not.</summary>
    public bool Wants(int index) => index >= 0 && isTrained.Length > 0 && isTrained[index];

    /// <summary>dW ← scale·Xᵀ dY + old·dW where wanted, the adjoint of Y = X W.</summary>
    /// <param name="index">Number of W in the layout.</param>
    /// <param name="x">X.</param>
    /// <param name="dY">dY.</param>
    /// <param name="isTransposed">Whether Wᵀ is stored.</param>
    /// <param name="isMore">Whether something of this pass is there already.</param>
    /// <param name="scale">The scale.</param>
    public void Add(int index, in Matrix<T> x, in Matrix<T> dY, bool isTransposed = false, bool isMore = false, double scale = 1)
    {
        if (Wants(index))
        {
            Products.TransposedMultiply(isTransposed ? dY : x, isTransposed ? x : dY, this[index], scale, isMore ? 1 : old);
        }
    }

    /// <summary>
    /// The derivative of <see cref="Add(int, in Matrix{T}, in Matrix{T}, bool, bool, double)"/> along a direction: Xᵀ dY˙ + Ẋᵀ dY.
    /// </summary>
    public void Add(int index, in Moving<T> x, in Moving<T> dY, bool isTransposed = false, double scale = 1)
    {
        Add(index, x.Value, dY.Tangent, isTransposed, isMore: false, scale);
        Add(index, x.Tangent, dY.Value, isTransposed, isMore: true, scale);
    }

    /// <summary>db ← Σ dY + old·db over rows where wanted, the adjoint of Y = 1 b.</summary>
    public void AddRows(int index, in Matrix<T> dY)
    {
        if (!Wants(index))
        {
            return;
        }

        Span<T> sum = this[index].Span;
        if (old == 0)
        {
            sum.Clear();
        }

        for (int row = 0; row < dY.Rows; row++)
        {
            TensorPrimitives.Add(sum, dY.Row(row), sum);
        }
    }
}

/// <summary>Biases.</summary>
internal static class BiasRow
{
    /// <summary>Adds one row to each of several; an empty one is nothing.</summary>
    public static void Add<T>(in Matrix<T> bias, in Matrix<T> rows)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < rows.Rows && bias.Rows > 0; k++)
        {
            TensorPrimitives.Add(rows.Row(k), bias.Span, rows.Row(k));
        }
    }
}
