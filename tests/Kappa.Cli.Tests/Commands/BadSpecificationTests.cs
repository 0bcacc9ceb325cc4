using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>A specification that is wrong is refused as a whole, before anything is written.</summary>
public sealed class BadSpecificationTests
{
    [Theory]
    [InlineData("steps=1000000000000", "steps must be from 1 to 2147483647 but is 1000000000000.")]
    [InlineData("steps=1e12", "steps must be an integer but is '1e12'.")]
    [InlineData("depht=2", "unknown key 'depht'. Did you mean 'depth'?")]
    [InlineData("model.seed=2", "unknown key 'model.seed'. Did you mean 'data.seed'?")]
    [InlineData("zzz=2", "unknown key 'zzz'.")]
    [InlineData("width=wide", "width must be an integer but is 'wide'.")]
    [InlineData("width=1.5", "width must be an integer but is '1.5'.")]
    [InlineData("zeroFfnOut=yes", "zeroFfnOut must be true or false but is 'yes'.")]
    [InlineData("gain=NaN", "gain must be a finite number but is NaN.")]
    [InlineData(
        "source=gausian",
        "source must be one of gaussian, teacher, text, arrays, correlated, digits, pathfinder, reviews but is 'gausian'. Did you "
            + "mean 'gaussian'?")]
    [InlineData("stepSize=auto(-1)", "stepSize must have a factor greater than 0 but is auto(-1).")]
    [InlineData("precision=singel", "precision must be one of double, single but is 'singel'. Did you mean 'single'?")]
    [InlineData("precision=float", "precision must be one of double, single but is 'float'.")]
    [InlineData("precision=Single", "precision must be one of double, single but is 'Single'. Did you mean 'single'?")]
    [InlineData("precison=single", "unknown key 'precison'. Did you mean 'precision'?")]
    [InlineData("steps=", "steps has no value; leave the word out to take the default.")]
    public void A_wrong_word_is_one_line_and_exit_code_3(string word, string message)
    {
        using var folder = new TemporaryFolder();
        BadInput.Refuse(folder, ["run", word, "--out", folder.At("runs")], $"command line: '{word}': {message}");
    }

    [Fact]
    public void All_problems_of_file_and_words_are_told_together()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("study.yaml", "model:\n  depht: 2\n  width: wide\ndata:\n  samples: 0\n");
        BadInput.Refuse(
            folder,
            ["run", path, "tokens=-1", "sed=3", "--out", folder.At("runs")],
            $"{Shown(path)}:2:3: unknown key 'depht' in 'model'. Did you mean 'depth'?",
            "command line: 'sed=3': unknown key 'sed'. Did you mean 'seed'?",
            $"{Shown(path)}:3:10: width must be an integer but is 'wide'.",
            $"{Shown(path)}:5:12: samples must be from 1 to 1048576 or 'default' but is 0.",
            "command line: 'tokens=-1': tokens must be from 1 to 1048576 or 'default' but is -1.");
    }

    [Fact]
    public void A_missing_file_or_a_folder_in_its_place_is_named()
    {
        using var folder = new TemporaryFolder();
        BadInput.Refuse(folder, ["run", folder.At("no.yaml"), "--out", folder.At("runs")], $"{Shown(folder.At("no.yaml"))}: no such file.");
        BadInput.Refuse(folder, ["run", folder.Path, "--out", folder.At("runs")], $"{Shown(folder.Path)}: is a folder; give a YAML file.");
    }

    [Theory]
    [InlineData("model:\n\tdepth: 2\n", "1:1: not valid YAML: While scanning a mapping, found invalid tab as indentation.")]
    [InlineData("model: {depth: 2\nseed: [1\n", "1:14: not valid YAML: no structure from here on; is a bracket or quote open?.")]
    [InlineData("seed: 1\n---\nseed: 2\n", "2:1: a specification is one YAML document; remove what follows '---'.")]
    [InlineData("seed: &a 1\n", "1:7: anchors ('&name') are refused; write the value out.")]
    [InlineData("depth: !<> 1\n", "1:6: not valid YAML: cannot be read from here on; write names and values without special characters.")]
    [InlineData("!<:>", "1:5: not valid YAML: cannot be read from here on; write names and values without special characters.")]
    [InlineData(
        "seed: 1\nwidth: 8\0\nsteps: 2\n",
        "2:9: not valid YAML: must be printable text but has the control character U+0000 (is it UTF-16 or a binary file?); save it "
            + "as UTF-8 text.")]
    [InlineData("data:\n  path: \"\\ud800\"\n", "2:9: not valid YAML: While scanning a quoted scalar, found invalid Unicode surrogates.")]
    [InlineData("- seed\n", "1:1: a specification is a mapping of keys to values, for example 'model: {depth: 2}'.")]
    public void A_file_that_is_no_specification_is_refused_with_line_and_column(string text, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("bad.yaml", text);
        BadInput.Refuse(folder, ["run", path, "--out", folder.At("runs")], $"{Shown(path)}:{message}");
    }

    [Fact]
    public void Keys_that_contradict_each_other_are_refused()
    {
        using var folder = new TemporaryFolder();
        BadInput.Refuse(
            folder,
            ["run", "source=gaussian", "path=notes", "steps=10", "spectraAt=[20]", "--out", folder.At("runs")],
            "command line: 'path=notes': path does not apply to data.source 'gaussian'; remove it or choose another source.",
            "command line: 'spectraAt=[20]': spectraAt lists step 20, which is after the last of 10 steps; use 'last'.");
    }

    [Fact]
    public void A_label_that_would_leave_the_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        BadInput.Refuse(
            folder,
            ["run", "--name", "../up", "--out", folder.At("runs")],
            "run name: must have 1 to 64 letters, digits, dots, underscores or hyphens and begin with a letter or digit but is '../up'.");
    }


    // Messages show at most 60 letters of a path.
    private static string Shown(string path) => path.Length > 60 ? path[..60] + "…" : path;
}
