using Kappa.Lab.Formats;

namespace Kappa.Lab.Data;

/// <summary>The user's own arrays: inputs [N, n, d] and targets [N, n, d_out].</summary>
public static class ArrayTokens
{
    private const string InputsName = "inputs";
    private const string TargetsName = "targets";

    /// <summary>Reads two <c>.npy</c> files.</summary>
    /// <param name="inputsPath">Inputs [N, n, d].</param>
    /// <param name="targetsPath">Targets [N, n, d_out].</param>
    /// <param name="limits">How much each may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">A file cannot be read, the shapes contradict, or a number is not finite.</exception>
    public static TokenData Read(string inputsPath, string targetsPath, ReadLimits? limits = null) =>
        Combine(NpyFile.Read(inputsPath, limits), inputsPath, NpyFile.Read(targetsPath, limits), targetsPath, $"Arrays: {inputsPath} and {targetsPath}");

    /// <summary>Reads the arrays <c>inputs</c> and <c>targets</c> of a <c>.npz</c> archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="limits">How much both may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">The archive cannot be read, lacks one, the shapes contradict, or a number is not finite.</exception>
    public static TokenData ReadArchive(string path, ReadLimits? limits = null)
    {
        IReadOnlyDictionary<string, NdArray> arrays = NpzFile.Read(path, [InputsName, TargetsName], limits);
        return Combine(arrays[InputsName], $"{path}/{InputsName}", arrays[TargetsName], $"{path}/{TargetsName}", $"Arrays: {path}");
    }

    private static TokenData Combine(NdArray inputs, string inputsLocation, NdArray targets, string targetsLocation, string source)
    {
        RequireRankThree(inputs, inputsLocation, "[samples, tokens, width]");
        RequireRankThree(targets, targetsLocation, "[samples, tokens, output width]");
        if (inputs.Shape[0] != targets.Shape[0] || inputs.Shape[1] != targets.Shape[1])
        {
            throw new BadInputException(targetsLocation, $"must have the samples and tokens of the inputs, [{inputs.Shape[0]}, {inputs.Shape[1]}, ...], but has shape {targets}. Store one target token for every input token.");
        }

        RequireFinite(inputs, inputsLocation);
        RequireFinite(targets, targetsLocation);
        TokenShape shape = new(inputs.Shape[0], inputs.Shape[1], inputs.Shape[2], targets.Shape[2]);
        return new TokenData(shape, ToMatrix(inputs), ToMatrix(targets), $"{source}, {GaussianTokens.Describe(shape)}");
    }

    private static void RequireRankThree(NdArray array, string location, string axes)
    {
        if (array.Rank != 3 || array.Data.Length == 0)
        {
            throw new BadInputException(location, $"must have three axes {axes}, none of length 0, but has shape {array}. Reshape it.");
        }
    }

    private static void RequireFinite(NdArray array, string location)
    {
        int bad = Array.FindIndex(array.Data, value => !double.IsFinite(value));
        if (bad >= 0)
        {
            int row = bad / array.Shape[2];
            int[] index = [row / array.Shape[1], row % array.Shape[1], bad % array.Shape[2]];
            throw new BadInputException(location, $"must hold finite numbers but is {array.Data[bad]} at index {NdArray.Describe(index)}, the first of {array.Data.Count(value => !double.IsFinite(value))}. Clean the data.");
        }
    }

    // Into aligned memory of its own: the products read it at every step.
    private static Matrix ToMatrix(NdArray array)
    {
        Matrix matrix = Matrix.Allocate(array.Shape[0] * array.Shape[1], array.Shape[2]);
        array.Data.CopyTo(matrix.Span);
        return matrix;
    }
}
