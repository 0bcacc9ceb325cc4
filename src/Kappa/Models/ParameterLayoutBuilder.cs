namespace Kappa.Models;

/// <summary>Puts parameter matrices one after the other into one vector.</summary>
/// <param name="shape">What the layout belongs to, for messages.</param>
/// <param name="isOfNames">Whether sizes do not matter, so that any number of elements will do.</param>
internal sealed class ParameterLayoutBuilder(object shape, bool isOfNames = false)
{
    private readonly List<ParameterBlock> _blocks = [];
    private long _offset;

    /// <summary>What was added so far.</summary>
    public IReadOnlyList<ParameterBlock> Blocks => _blocks;

    /// <summary>Adds a matrix behind those before it.</summary>
    /// <exception cref="ArgumentException">The vector would have more elements than an array can.</exception>
    public void Add(string name, int layer, ParameterKind kind, int rows, int columns)
    {
        long end = isOfNames ? 0 : _offset + ((long)rows * columns);
        if (end > Array.MaxLength)
        {
            throw new ArgumentException(
                $"A model may have at most {Array.MaxLength} parameters but this shape has more: {shape}. Reduce the depth or a width.");
        }

        _blocks.Add(new ParameterBlock(name, layer, kind, rows, columns, (int)_offset));
        _offset = end;
    }

    /// <summary>The layout of all that was added.</summary>
    public ParameterLayout Build() => ParameterLayout.Of(_blocks);
}
