using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Data files that are missing, damaged or contradict the specification.</summary>
public sealed class BadDataTests
{
    [Fact]
    public void A_missing_array_is_named()
    {
        using var folder = new TemporaryFolder();
        Refuse(folder, inputs: null, targets: [2, 3, 4], $"{folder.At("x.npy")}: does not exist. Check the path.");
    }

    [Fact]
    public void A_truncated_array_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = WriteArray(folder, "x.npy", 2, 3, 4);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..^8]);
        _ = WriteArray(folder, "y.npy", 2, 3, 4);
        BadInput.Refuse(folder, Arguments(folder), OnlyLine(folder, $"{path}: "));
        File.WriteAllBytes(path, whole[..5]);
        BadInput.Refuse(folder, Arguments(folder), OnlyLine(folder, $"{path}: "));
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void A_number_that_is_not_finite_is_refused_with_its_place(double value, string shown)
    {
        using var folder = new TemporaryFolder();
        double[] data = new double[24];
        data[17] = value;
        NpyFile.Write(folder.At("x.npy"), [2, 3, 4], data);
        _ = WriteArray(folder, "y.npy", 2, 3, 4);
        BadInput.Refuse(
            folder, Arguments(folder),
            $"{folder.At("x.npy")}: must hold finite numbers but is {shown} at index [1, 1, 1], the first of 1. Clean the data.");
    }

    [Fact]
    public void Shapes_that_contradict_are_refused()
    {
        using var folder = new TemporaryFolder();
        Refuse(
            folder, [2, 3, 4], [2, 2, 4],
            $"{folder.At("y.npy")}: must have the samples and tokens of the inputs, [2, 3, ...], but has shape [2, 2, 4]. Store one "
                + $"target token for every input token.");
        Refuse(
            folder, [6, 4], [2, 3, 4],
            $"{folder.At("x.npy")}: must have three axes [samples, tokens, width], none of length 0, but has shape [6, 4]. Reshape it.");
        Refuse(folder, [2, 3, 5], [2, 3, 4], "model.width: must be the width of the tokens, 5, but is 4.");
        Refuse(
            folder, [2, 3, 4], [2, 3, 2], "model.readoutWidth: the model's output has width 4 but the targets have 2. Set readoutWidth=2.");
    }

    [Fact]
    public void A_missing_or_binary_text_is_refused()
    {
        using var folder = new TemporaryFolder();
        BadInput.Refuse(
            folder, ["run", "source=text", $"path={folder.At("notes")}", "--out", folder.At("runs")],
            $"{folder.At("notes")}: does not exist. Check the path.");
        string binary = folder.At("binary.txt");
        File.WriteAllBytes(binary, [65, 66, 0, 67]);
        BadInput.Refuse(
            folder,
            ["run", "source=text", $"path={binary}", "--out", folder.At("runs")],
            $"{binary}: must be text but has a zero byte at offset 2: it looks like a binary file. Leave it out or convert it to UTF-8.");
    }

    [Fact]
    public void Sound_arrays_are_run()
    {
        using var folder = new TemporaryFolder();
        _ = WriteArray(folder, "x.npy", 2, 3, 4);
        _ = WriteArray(folder, "y.npy", 2, 3, 4);
        Assert.Equal(0, CommandLine.Invoke(Arguments(folder)).ExitCode);
    }

    private static void Refuse(TemporaryFolder folder, int[]? inputs, int[] targets, string message)
    {
        if (inputs is not null)
        {
            _ = WriteArray(folder, "x.npy", inputs);
        }

        _ = WriteArray(folder, "y.npy", targets);
        BadInput.Refuse(folder, Arguments(folder), message);
    }

    // What the reader of the format says exactly is tested with the reader; here that it is one line about this file.
    private static string OnlyLine(TemporaryFolder folder, string start)
    {
        string line = Assert.Single(CommandLine.Invoke(Arguments(folder)).MessageLines);
        Assert.StartsWith($"kappa: {start}", line, StringComparison.Ordinal);
        return line["kappa: ".Length..];
    }

    private static string[] Arguments(TemporaryFolder folder) =>
        [
            "run", "source=arrays", $"inputs={folder.At("x.npy")}", $"targets={folder.At("y.npy")}", "width=4", "ffnWidth=4", "depth=1",
            "steps=3", "quantities=loss", "--out", folder.At("runs")];

    private static string WriteArray(TemporaryFolder folder, string name, params int[] shape)
    {
        double[] data = new double[shape.Aggregate(1, (product, length) => product * length)];
        for (int k = 0; k < data.Length; k++)
        {
            data[k] = Math.Sin(k);
        }

        NpyFile.Write(folder.At(name), shape, data);
        return folder.At(name);
    }
}
