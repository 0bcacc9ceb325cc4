using System.Buffers.Binary;
using System.Security.Cryptography;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Runs;

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
            IReadOnlyDictionary<string, ArrayMatrix> arrays = ArrayMatrix.ReadArchive(archive, ["inputs", "targets"], ReadLimits.Default);
            return Combine(arrays["inputs"], $"{archive}/inputs", arrays["targets"], $"{archive}/targets", $"Arrays: {archive}");
        }

        (ArrayMatrix inputs, ArrayMatrix targets) = ArrayMatrix.ReadPair(data.Inputs!, data.Targets!, ReadLimits.Default);
        return Combine(inputs, data.Inputs!, targets, data.Targets!, $"Arrays: {data.Inputs} and {data.Targets}");
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

    private static (Matrix Inputs, Matrix Labels, string Description) Combine(
        ArrayMatrix inputs, string inputsLocation, ArrayMatrix targets, string targetsLocation, string source)
    {
        if (inputs.Shape.Length != 3 || inputs.Count == 0)
        {
            throw new BadInputException(
                inputsLocation, $"must have three axes [samples, tokens, width], none of length 0, but has shape {inputs}. Reshape it.");
        }

        if (targets.Shape.Length == 0 || targets.Count != inputs.Shape[0] || targets.Shape[0] != inputs.Shape[0])
        {
            throw new BadInputException(
                targetsLocation,
                $"must have one number for each of the {inputs.Shape[0]} samples, [{inputs.Shape[0]}, 1], but has shape {targets}. Store "
                    + $"one label a sample.");
        }

        RequireFinite(inputs, inputsLocation);
        RequireFinite(targets, targetsLocation);
        string sizes = $"N={inputs.Shape[0]}, n={inputs.Shape[1]}, d={inputs.Shape[2]}, one label a sample";
        return (inputs.Values, targets.WithRows(targets.Shape[0]), $"{source}, {sizes}");
    }

    private static void RequireFinite(ArrayMatrix array, string location)
    {
        ReadOnlySpan<double> numbers = array.Values.Span;
        int bad = FiniteNumbers.FirstOther(numbers);
        if (bad >= 0)
        {
            throw new BadInputException(location, $"must hold finite numbers but is {numbers[bad]} at element {bad}. Clean the data.");
        }
    }
}
