namespace Kappa.Models;

/// <summary>The parameters of a model, one vector with a view per matrix; a gradient of parameters is parameters too.</summary>
/// <remarks>Not safe against concurrent writers.</remarks>
public class ModelParameters
{
    /// <summary>Zero parameters.</summary>
    /// <param name="layout">The layout of the model.</param>
    public ModelParameters(ParameterLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        (Layout, Vector) = (layout, new double[layout.Length]);
    }

    /// <summary>A view of the parameters in <paramref name="vector"/>.</summary>
    private protected ModelParameters(ParameterLayout layout, double[] vector) => (Layout, Vector) = (layout, vector);

    /// <summary>Where each matrix lies in <see cref="Vector"/>.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>All parameters in layout order; the matrices are views into it.</summary>
    public double[] Vector { get; }

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
    public virtual ModelParameters Clone()
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
                $"The parameters must have the layout of the model, {layout.Length} numbers in {layout.Blocks.Count} matrices, but have "
                    + $"{Layout.Length} in {Layout.Blocks.Count}, or other names.",
                name);
        }
    }
}
