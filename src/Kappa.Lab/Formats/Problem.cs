namespace Kappa.Lab.Formats;

/// <summary>One thing that is wrong with a specification.</summary>
/// <param name="Location">Where: <c>sweep.yaml:7:3</c> (line and column from 1), <c>command
/// line: 'depth=0'</c>, or <c>specification</c> when no text set the key.</param>
/// <param name="Message">What must hold, what was found, what to do. One line.</param>
public sealed record Problem(string Location, string Message)
{
    /// <summary>The whole line.</summary>
    public override string ToString() => $"{Location}: {Message}";
}
