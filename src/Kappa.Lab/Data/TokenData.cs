using System.Buffers.Binary;
using System.Security.Cryptography;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Data;

/// <summary>What a run trains on: the stacked input tokens X and target
/// tokens Y, where they come from, and a fingerprint of their bits.</summary>
/// <remarks>Sample i has the rows i n … (i + 1) n − 1. The matrices belong to the data: read them, do not write to them.</remarks>
public sealed class TokenData
{
    /// <summary>Data over the given matrices.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="inputs">X [N·n, d].</param>
    /// <param name="targets">Y [N·n, d_out].</param>
    /// <param name="description">One line that says where the data come from, with every number needed to make them again.</param>
    /// <exception cref="ArgumentException">A matrix has another shape.</exception>
    public TokenData(TokenShape shape, Matrix inputs, Matrix targets, string description)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentException.ThrowIfNullOrEmpty(description);
        Require(inputs, shape.Rows, shape.Width, nameof(inputs));
        Require(targets, shape.Rows, shape.OutputWidth, nameof(targets));
        Shape = shape;
        Inputs = inputs;
        Targets = targets;
        Description = description;
        Fingerprint = ComputeFingerprint(shape, inputs, targets);
    }

    /// <summary>Sizes.</summary>
    public TokenShape Shape { get; }

    /// <summary>X [N·n, d].</summary>
    public Matrix Inputs { get; }

    /// <summary>Y [N·n, d_out].</summary>
    public Matrix Targets { get; }

    /// <summary>N.</summary>
    public int Samples => Shape.Samples;

    /// <summary>n, tokens a sample.</summary>
    public int Tokens => Shape.Tokens;

    /// <summary>d, width of an input token.</summary>
    public int Width => Shape.Width;

    /// <summary>d_out, width of a target token.</summary>
    public int OutputWidth => Shape.OutputWidth;

    /// <summary>One line that says where the data come from, with every number needed to make them again.</summary>
    public string Description { get; }

    /// <summary>SHA-256, in lower-case hexadecimal, of N, n, d, d_out as little-endian 64-bit
    /// integers and then the bits of X and of Y row by row: equal bits, equal fingerprint.</summary>
    public string Fingerprint { get; }

    private static void Require(in Matrix matrix, int rows, int columns, string name)
    {
        if (matrix.Rows != rows || matrix.Columns != columns)
        {
            throw new ArgumentException($"{name} must be [{rows}, {columns}] but is {matrix}.", name);
        }
    }

    private static string ComputeFingerprint(TokenShape shape, in Matrix inputs, in Matrix targets)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> integer = stackalloc byte[sizeof(long)];
        foreach (int size in (ReadOnlySpan<int>)[shape.Samples, shape.Tokens, shape.Width, shape.OutputWidth])
        {
            BinaryPrimitives.WriteInt64LittleEndian(integer, size);
            hash.AppendData(integer);
        }

        foreach (Matrix matrix in (ReadOnlySpan<Matrix>)[inputs, targets])
        {
            for (int row = 0; row < matrix.Rows; row++)
            {
                DoubleBytes.Append(hash, matrix.Row(row));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
