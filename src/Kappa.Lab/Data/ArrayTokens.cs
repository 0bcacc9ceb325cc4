using Kappa.Lab.Formats;

namespace Kappa.Lab.Data;

/// <summary>The user's own arrays: inputs [N, n, d] and targets [N, n, d_out].</summary>
internal static class ArrayTokens
{
    private const string InputsName = "inputs";
    private const string TargetsName = "targets";

    /// <summary>Reads two <c>.npy</c> files.</summary>
    /// <param name="inputsPath">Inputs [N, n, d].</param>
    /// <param name="targetsPath">Targets [N, n, d_out].</param>
    /// <param name="limits">How much both may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">A file cannot be read, the shapes contradict, or a number is not finite.</exception>
    public static TokenData Read(string inputsPath, string targetsPath, ReadLimits? limits = null) =>
        Combine(
            ArrayMatrix.ReadPair(inputsPath, targetsPath, limits ?? ReadLimits.Default), inputsPath, targetsPath,
            $"Arrays: {inputsPath} and {targetsPath}");

    /// <summary>Reads the arrays <c>inputs</c> and <c>targets</c> of a <c>.npz</c> archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="limits">How much both may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">The archive cannot be read, lacks
    /// one, the shapes contradict, or a number is not finite.</exception>
    public static TokenData ReadArchive(string path, ReadLimits? limits = null)
    {
        IReadOnlyDictionary<string, ArrayMatrix> arrays = ArrayMatrix.ReadArchive(
            path, [InputsName, TargetsName], limits ?? ReadLimits.Default);
        return Combine((arrays[InputsName], arrays[TargetsName]), $"{path}/{InputsName}", $"{path}/{TargetsName}", $"Arrays: {path}");
    }

    private static TokenData Combine(
        (ArrayMatrix Inputs, ArrayMatrix Targets) arrays, string inputsLocation, string targetsLocation, string source)
    {
        (ArrayMatrix inputs, ArrayMatrix targets) = arrays;
        RequireRankThree(inputs, inputsLocation, "[samples, tokens, width]");
        RequireRankThree(targets, targetsLocation, "[samples, tokens, output width]");
        if (inputs.Shape[0] != targets.Shape[0] || inputs.Shape[1] != targets.Shape[1])
        {
            throw new BadInputException(
                targetsLocation,
                $"must have the samples and tokens of the inputs, [{inputs.Shape[0]}, {inputs.Shape[1]}, ...], but has shape {targets}. "
                    + $"Store one target token for every input token.");
        }

        RequireFinite(inputs, inputsLocation);
        RequireFinite(targets, targetsLocation);
        TokenShape shape = new(inputs.Shape[0], inputs.Shape[1], inputs.Shape[2], targets.Shape[2]);
        return new TokenData(shape, inputs.Values, targets.Values, $"{source}, {GaussianTokens.Describe(shape)}");
    }

    private static void RequireRankThree(ArrayMatrix array, string location, string axes)
    {
        if (array.Shape.Length != 3 || array.Count == 0)
        {
            throw new BadInputException(location, $"must have three axes {axes}, none of length 0, but has shape {array}. Reshape it.");
        }
    }

    private static void RequireFinite(ArrayMatrix array, string location)
    {
        ReadOnlySpan<double> numbers = array.Values.Span;
        int bad = FiniteNumbers.FirstOther(numbers);
        if (bad >= 0)
        {
            int row = bad / array.Shape[2];
            int[] index = [row / array.Shape[1], row % array.Shape[1], bad % array.Shape[2]];
            throw new BadInputException(
                location,
                $"must hold finite numbers but is {numbers[bad]} at index {NdArray.Describe(index)}, the first of "
                    + $"{FiniteNumbers.CountOthers(numbers)}. Clean the data.");
        }
    }
}
