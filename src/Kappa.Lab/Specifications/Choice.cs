namespace Kappa.Lab.Specifications;

/// <summary>A value that is given, or left to the preset. Not given unless it was made by the constructor.</summary>
/// <param name="Value">What is given.</param>
internal readonly record struct Choice<T>(T Value)
{
    private readonly bool _isGiven = true;

    /// <summary>The value, or the preset's where none is given.</summary>
    public T Or(T preset) => _isGiven ? Value : preset;
}
