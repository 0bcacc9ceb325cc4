namespace Kappa.Lab.Experiments;

/// <summary>Law of the initial entries.</summary>
public enum InitialisationScheme
{
    /// <summary>N(0, 1/d).</summary>
    Gaussian,

    /// <summary>LeCun.</summary>
    LeCun,

    /// <summary>He.</summary>
    He,

    /// <summary>Xavier.</summary>
    Xavier,

    /// <summary>NTK.</summary>
    Ntk,

    /// <summary>Orthogonal.</summary>
    Orthogonal,
}
