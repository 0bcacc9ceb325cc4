using Kappa.Models;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>A kernel that is compared: what tables call it, and what the model gets.</summary>
/// <param name="Name">In tables and figures.</param>
/// <param name="Kernel">The kernel.</param>
internal sealed record KernelArm(string Name, AttentionKernel Kernel)
{
    /// <summary>(G.1).</summary>
    public static KernelArm Softmax { get; } = new("softmax", AttentionKernel.Softmax);

    /// <summary>(G.2), rows free.</summary>
    public static KernelArm Gaussian { get; } = new("Gaussian", AttentionKernel.Gaussian);

    /// <summary>Both.</summary>
    public static IReadOnlyList<KernelArm> All { get; } = [Softmax, Gaussian];
}
