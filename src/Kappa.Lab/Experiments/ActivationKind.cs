namespace Kappa.Lab.Experiments;

/// <summary>Activation ψ (R.5).</summary>
public enum ActivationKind
{
    /// <summary>x.</summary>
    Identity,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>Leaky ReLU.</summary>
    LeakyRelu,

    /// <summary>Smooth leaky ReLU.</summary>
    SmoothLeakyRelu,

    /// <summary>GELU.</summary>
    Gelu,
}
