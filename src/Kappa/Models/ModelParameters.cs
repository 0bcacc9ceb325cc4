namespace Kappa.Models;

/// <summary>The parameters of a trainable model, one vector with a view per matrix; a gradient of parameters is parameters too.</summary>
/// <remarks>Not safe against concurrent writers.</remarks>
/// <param name="layout">The layout of the model.</param>
public sealed class ModelParameters(ParameterLayout layout)
{
    /// <summary>Where each matrix lies in <see cref="Vector"/>.</summary>
    public ParameterLayout Layout { get; } = layout ?? throw new ArgumentNullException(nameof(layout));

    /// <summary>All parameters in layout order; zero at first.</summary>
    public double[] Vector { get; } = new double[layout.Length];

    /// <summary>The matrix of <paramref name="block"/>, a view.</summary>
    /// <param name="block">A block of <see cref="Layout"/>.</param>
    public Matrix this[ParameterBlock block]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(block);
            return new Matrix(Vector, block.Offset, block.Rows, block.Columns);
        }
    }

    /// <summary>The matrix called <paramref name="name"/>, a view.</summary>
    /// <param name="name">For example <c>heads.0.query</c>.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public Matrix this[string name] => this[Layout.Find(name)];

    /// <summary>Overwrites every parameter with that of <paramref name="source"/>.</summary>
    /// <param name="source">Parameters of the same layout.</param>
    /// <exception cref="ArgumentException">The layouts differ.</exception>
    public void CopyFrom(ModelParameters source)
    {
        ArgumentNullException.ThrowIfNull(source);
        RequireLayout(source.Layout, nameof(source));
        source.Vector.CopyTo(Vector.AsSpan());
    }

    /// <summary>A copy on memory of its own.</summary>
    public ModelParameters Clone()
    {
        var copy = new ModelParameters(Layout);
        copy.CopyFrom(this);
        return copy;
    }

    internal void RequireLayout(ParameterLayout layout, string name)
    {
        if (!Layout.Equals(layout))
        {
            throw new ArgumentException(
                $"The parameters must have the layout of the model, {layout.Length} numbers in {layout.Blocks.Count} matrices, but have {Layout.Length} in {Layout.Blocks.Count}, or other names.", name);
        }
    }
}
