using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>The width of the vector registers that the product kernels are compiled for.</summary>
internal enum VectorPath
{
    /// <summary>Two doubles: every machine.</summary>
    Bits128,

    /// <summary>Four doubles: AVX2 with fused multiply-add.</summary>
    Bits256,

    /// <summary>Eight doubles: AVX-512.</summary>
    Bits512,
}

/// <summary>Which vector paths this machine has.</summary>
internal static class VectorPaths
{
    /// <summary>The widest path of this machine; read once at start-up.</summary>
    public static readonly VectorPath Widest = IsSupported(VectorPath.Bits512)
        ? VectorPath.Bits512
        : IsSupported(VectorPath.Bits256) ? VectorPath.Bits256
        : VectorPath.Bits128;

    /// <summary>Whether this machine can run <paramref name="path"/>.</summary>
    /// <remarks>
    /// The runtime calls 512-bit vectors "not accelerated" on processors that may lower their clock for them, so it is the instruction
    /// set that is asked for: dense products gain from it all the same.
    /// </remarks>
    public static bool IsSupported(VectorPath path) => path switch
    {
        VectorPath.Bits512 => Avx512F.IsSupported,
        VectorPath.Bits256 => Avx2.IsSupported && Fma.IsSupported,
        _ => Vector128.IsHardwareAccelerated,
    };
}
