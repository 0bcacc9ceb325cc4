using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The numbered parts of what an observer of a step computes; one object for all steps, so that none allocates.</summary>
internal sealed class ObserverWork : IDividedWork
{
    private Action<int>? _compute;

    /// <summary>The same object, about to compute with <paramref name="compute"/>.</summary>
    public ObserverWork Of(Action<int> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        _compute = compute;
        return this;
    }

    public void Compute(int part, int worker) => _compute!(part);
}
