using System.Buffers.Binary;
using System.Security.Cryptography;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Experiments;

/// <summary>The user's own arrays with one number as the target of a sample: inputs [N, n, d] and targets [N] or [N, 1].</summary>
internal static class SampleArrays
{
    /// <summary>Reads what a specification names.</summary>
    /// <param name="data">Of source arrays.</param>
    /// <returns>X [N·n, d], y [N, 1], where they come from.</returns>
    /// <exception cref="BadInputException">A file cannot be read, the shapes contradict, or a number is not finite.</exception>
    public static (Matrix Inputs, Matrix Labels, string Description) Read(DataSpecification data)
    {
        if (data.Path is { } archive)
        {
            IReadOnlyDictionary<string, NdArray> arrays = NpzFile.Read(archive, ["inputs", "targets"], null);
            return Combine(arrays["inputs"], $"{archive}/inputs", arrays["targets"], $"{archive}/targets", $"Arrays: {archive}");
        }

        return Combine(NpyFile.Read(data.Inputs!, null), data.Inputs!, NpyFile.Read(data.Targets!, null), data.Targets!, $"Arrays: {data.Inputs} and {data.Targets}");
    }

    /// <summary>SHA-256 of the sizes and the bits of both, in lower-case hexadecimal.</summary>
    public static string Fingerprint(in Matrix inputs, in Matrix labels)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> integer = stackalloc byte[sizeof(long)];
        foreach (int size in (ReadOnlySpan<int>)[inputs.Rows, inputs.Columns, labels.Rows])
        {
            BinaryPrimitives.WriteInt64LittleEndian(integer, size);
            hash.AppendData(integer);
        }

        DoubleBytes.Append(hash, inputs.Span);
        DoubleBytes.Append(hash, labels.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static (Matrix Inputs, Matrix Labels, string Description) Combine(NdArray inputs, string inputsLocation, NdArray targets, string targetsLocation, string source)
    {
        if (inputs.Rank != 3 || inputs.Data.Length == 0)
        {
            throw new BadInputException(inputsLocation, $"must have three axes [samples, tokens, width], none of length 0, but has shape {inputs}. Reshape it.");
        }

        if (targets.Data.Length != inputs.Shape[0] || targets.Shape[0] != inputs.Shape[0])
        {
            throw new BadInputException(targetsLocation, $"must have one number for each of the {inputs.Shape[0]} samples, [{inputs.Shape[0]}, 1], but has shape {targets}. Store one label a sample.");
        }

        RequireFinite(inputs, inputsLocation);
        RequireFinite(targets, targetsLocation);
        string sizes = $"N={inputs.Shape[0]}, n={inputs.Shape[1]}, d={inputs.Shape[2]}, one label a sample";
        return (ToMatrix(inputs, inputs.Shape[0] * inputs.Shape[1]), ToMatrix(targets, targets.Shape[0]), $"{source}, {sizes}");
    }

    private static void RequireFinite(NdArray array, string location)
    {
        int bad = Array.FindIndex(array.Data, value => !double.IsFinite(value));
        if (bad >= 0)
        {
            throw new BadInputException(location, $"must hold finite numbers but is {array.Data[bad]} at element {bad}. Clean the data.");
        }
    }

    private static Matrix ToMatrix(NdArray array, int rows)
    {
        Matrix matrix = Matrix.Allocate(rows, array.Data.Length / rows);
        array.Data.CopyTo(matrix.Span);
        return matrix;
    }
}
