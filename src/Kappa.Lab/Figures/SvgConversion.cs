using System.ComponentModel;
using System.Diagnostics;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Figures;

/// <summary>Makes PNG and PDF of an SVG file with rsvg-convert, a program that may or may not be there.</summary>
internal static class SvgConversion
{
    private const string Program = "rsvg-convert";

    /// <summary>The same line for every figure, so that a command that writes several says it once.</summary>
    internal const string Missing =
        $"No PNG or PDF of the figures: {Program} is not on the PATH (it is part of librsvg). The SVG files are complete.";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Converts; what cannot be done is said in a notice.</summary>
    internal static (List<string> Paths, List<string> Notices) Convert(string svgPath, string? searchPath = null)
    {
        var program = Find(searchPath ?? Environment.GetEnvironmentVariable("PATH") ?? "");
        if (program is null) return ([], [Missing]);
        var (paths, notices) = (new List<string>(), new List<string>());
        foreach (var format in (string[])["png", "pdf"])
        {
            var target = Path.ChangeExtension(svgPath, format);
            if (Run(program, svgPath, target, format) is { } failure) notices.Add($"No {Path.GetFileName(target)}: {failure}");
            else paths.Add(target);
        }

        return (paths, notices);
    }

    private static string? Find(string searchPath) => searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(f => (string[])[Path.Combine(f, Program), Path.Combine(f, Program + ".exe")])
        .FirstOrDefault(File.Exists);

    // The program writes to us, so that a disk that refuses is found where all files are written, and is not a notice.
    private static string? Run(string program, string svgPath, string target, string format)
    {
        if (Output(program, svgPath, format, out byte[] bytes) is { } failure) return failure;
        AtomicFile.Write(target, stream => stream.Write(bytes));
        return null;
    }

    private static string? Output(string program, string svgPath, string format, out byte[] bytes)
    {
        bytes = [];
        var start = new ProcessStartInfo(program, [$"--format={format}", "--dpi-x=300", "--dpi-y=300", svgPath])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["SOURCE_DATE_EPOCH"] = "0"; // a PDF carries its date otherwise, and differs every time
        try
        {
            using var process = Process.Start(start);
            if (process is null) return $"{Program} could not be started.";
            using var picture = new MemoryStream();
            var complaint = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.BaseStream.CopyToAsync(picture);
            if (!Task.WaitAll([complaint, output], s_patience) || !process.WaitForExit(s_patience))
            {
                process.Kill(entireProcessTree: true);
                return $"{Program} did not finish within {s_patience.TotalSeconds:F0} s and was ended.";
            }

            bytes = picture.ToArray();
            return process.ExitCode == 0
                ? null
                : $"{Program} failed with exit code {process.ExitCode}: {complaint.Result.Trim().ReplaceLineEndings(" ")}";
        }
        catch (Exception problem) when (problem is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return $"{Program} could not be used: {problem.Message}";
        }
    }
}
