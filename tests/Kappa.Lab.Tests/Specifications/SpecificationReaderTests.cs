using Kappa.Lab.Specifications;
using Kappa.Models;
using Xunit;

namespace Kappa.Lab.Tests.Specifications;

public sealed class SpecificationReaderTests
{
    [Fact]
    public void Nothing_gives_the_defaults()
    {
        SpecificationReading reading = SpecificationReader.Read(null, []);
        Assert.Empty(reading.Problems);
        Assert.Equal(new ExperimentSpecification(), reading.Specification);
    }

    [Fact]
    public void A_file_and_words_are_read_and_the_words_win()
    {
        const string Text = """
            # two blocks without the attention residual
            model:
              depth: 2
              attentionResidual: 0
              activation: gelu
              trained: [value, blocks.1.ffn_out]
            descent: {stepSize: auto(0.25), steps: 50}
            telemetry: {spectraAt: [10, 0, last]}
            ffnWidth: 48
            seed: -3
            """;
        SpecificationReading reading = SpecificationReader.ReadText(
            "sweep.yaml", Text, ["depth=3", "data.seed=5", "path=none", "spectraAt=last"]);
        Assert.Empty(reading.Problems);
        ExperimentSpecification expected = new()
        {
            Model = new()
            {
                Depth = 3,
                AttentionResidual = 0,
                FfnWidth = 48,
                Activation = ActivationKind.Gelu,
                Trained = TrainedBlocks.Of("value", "blocks.1.ffn_out"),
            },
            Data = new() { Seed = 5 },
            Descent = new() { StepSize = StepSizeSpecification.Auto(0.25), Steps = 50 },
            Telemetry = new() { SpectraAt = new(new ValueList<long>(), Last: true) },
            Seed = -3,
        };
        Assert.Equal(expected, reading.Specification);
    }

    [Theory]
    // Names.
    [InlineData("descent:\n  stepsise: 0.1", "sweep.yaml:2:3: unknown key 'stepsise' in 'descent'. Did you mean 'stepSize'?")]
    [InlineData("stepsise: 0.1", "sweep.yaml:1:1: unknown key 'stepsise'. Did you mean 'stepSize'?")]
    [InlineData("descent:\n  depth: 2", "sweep.yaml:2:3: unknown key 'depth' in 'descent'. Did you mean 'model.depth'?")]
    [InlineData("modle:\n  depth: 2", "sweep.yaml:1:1: unknown group 'modle'. Did you mean 'model'?")]
    [InlineData("xylophone: 1", "sweep.yaml:1:1: unknown key 'xylophone'.")]
    // Types.
    [InlineData("depth: two", "sweep.yaml:1:8: depth must be an integer but is 'two'.")]
    [InlineData("depth: '2'", "sweep.yaml:1:8: depth must be an integer but is the quoted text '2'.")]
    [InlineData("depth: 2.5", "sweep.yaml:1:8: depth must be an integer but is '2.5'.")]
    [InlineData("depth: [2]", "sweep.yaml:1:8: depth must be an integer but is the list [2].")]
    [InlineData("depth: {a: 2}", "sweep.yaml:1:8: depth must be a value or a flat list but is a mapping.")]
    [InlineData("depth:", "sweep.yaml:1:7: depth has no value; remove the key to take the default.")]
    [InlineData("model: 3", "sweep.yaml:1:8: 'model' must be a mapping of its keys to values.")]
    [InlineData(
        "activation: gellu",
        "sweep.yaml:1:13: activation must be one of identity, relu, leakyRelu, smoothLeakyRelu, gelu but is 'gellu'. Did you mean "
            + "'gelu'?")]
    [InlineData("zeroFfnOut: yes", "sweep.yaml:1:13: zeroFfnOut must be true or false but is 'yes'.")]
    [InlineData(
        "stepSize: fast", "sweep.yaml:1:11: stepSize must be a number, auto(c), adaptive(c), best(c,c,…) or same(RUN) but is 'fast'.")]
    [InlineData("temperature: hot", "sweep.yaml:1:14: temperature must be a number or 'default' but is 'hot'.")]
    [InlineData(
        "spectraAt: [0, end]", "sweep.yaml:1:12: spectraAt must be a list of steps (integers) and 'last' but is the list [0, end].")]
    [InlineData(
        "trained: [all, value]",
        "sweep.yaml:1:10: trained must be 'all' or a list of kinds and block names but is the list [all, value].")]
    // Ranges.
    [InlineData("depth: 0", "sweep.yaml:1:8: depth must be from 1 to 4096 but is 0.")]
    [InlineData("depth: 99999999999999999999", "sweep.yaml:1:8: depth must be an integer from 1 to 4096 but is '99999999999999999999'.")]
    [InlineData("seed: 9223372036854775808", "sweep.yaml:1:7: seed must be an integer of at most 64 bits but is '9223372036854775808'.")]
    [InlineData("readoutWidth: 0", "sweep.yaml:1:15: readoutWidth must be from 1 to 1048576 or 'none' but is 0.")]
    [InlineData("temperature: NaN", "sweep.yaml:1:14: temperature must be a finite number or 'default' but is NaN.")]
    [InlineData("gain: 1e999", "sweep.yaml:1:7: gain must be a finite number but is 1e999.")]
    [InlineData("correlation: 1", "sweep.yaml:1:14: correlation must be at least 0 and less than 1 but is 1.")]
    [InlineData("activationSmoothing: 0", "sweep.yaml:1:22: activationSmoothing must be from 1E-100 to 1E+100 but is 0.")]
    [InlineData("stepSize: -0.1", "sweep.yaml:1:11: stepSize must be greater than 0 but is -0.1.")]
    [InlineData("stepSize: auto(0)", "sweep.yaml:1:11: stepSize must have a factor greater than 0 but is auto(0).")]
    [InlineData(
        "stepSize: same(../x)",
        "sweep.yaml:1:11: stepSize must name a run that must have 1 to 77 letters, digits, dots, underscores or hyphens and begin "
            + "with a letter or digit but is same(../x).")]
    [InlineData("spectraAt: [-1]", "sweep.yaml:1:12: spectraAt must list steps of at least 0 but is [-1].")]
    // Rules between keys.
    [InlineData("source: arrays", "sweep.yaml:1:9: source 'arrays' needs path (.npz) or inputs and targets (.npy), but none is given.")]
    [InlineData("source: arrays\ninputs: x.npy", "sweep.yaml:1:9: source 'arrays' needs inputs and targets, but targets is missing.")]
    [InlineData(
        "source: arrays\ninputs: x.npy\npath: x.npz",
        "sweep.yaml:1:9: source 'arrays' takes either path (.npz) or inputs and targets (.npy), not both.")]
    [InlineData("path: x.txt", "sweep.yaml:1:7: path does not apply to data.source 'gaussian'; remove it or choose another source.")]
    [InlineData(
        "source: teacher\ntargetScale: 1",
        "sweep.yaml:2:14: targetScale does not apply to data.source 'teacher'; remove it or choose another source.")]
    [InlineData(
        "trained: [blocks.1.value]",
        "sweep.yaml:1:10: trained lists 'blocks.1.value', which is neither a kind (query, key, value, ffnIn, ffnOut, readout) nor a "
            + "block of a model of depth 1. Did you mean 'blocks.0.value'?")]
    [InlineData("trained: readout", "sweep.yaml:1:10: trained lists 'readout' but the model has none: set readoutWidth.")]
    [InlineData("trained: []", "sweep.yaml:1:10: trained must name at least one block but is empty.")]
    [InlineData("trained: [value, value]", "sweep.yaml:1:10: trained lists 'value' 2 times; once is enough.")]
    [InlineData("spectraAt: [3]\nsteps: 2", "sweep.yaml:1:12: spectraAt lists step 3, which is after the last of 2 steps; use 'last'.")]
    [InlineData(
        "width: 100000",
        "sweep.yaml:1:8: the model must have at most 2147483591 parameters but has 30006400000; reduce a width or depth.")]
    [InlineData(
        "samples: 1000000\ntokens: 1000",
        "sweep.yaml:1:10: samples × tokens × widest matrix must be at most 2147483591 but is 1000000 × 1000 × 1000; reduce one.")]
    // YAML.
    [InlineData("depth: 1\ndepth: 2", "sweep.yaml:2:8: depth is given twice; the first is at sweep.yaml:1:8.")]
    [InlineData("depth: 1\nmodel: {depth: 2}", "sweep.yaml:2:16: depth is given twice; the first is at sweep.yaml:1:8.")]
    [InlineData("model: {depth: 1}\nmodel: {width: 2}", "sweep.yaml:2:1: 'model' is given twice; the first is at sweep.yaml:1:1.")]
    [InlineData("depth: &a 1", "sweep.yaml:1:8: anchors ('&name') are refused; write the value out.")]
    [InlineData("model: *a", "sweep.yaml:1:8: aliases ('*name') are refused; write the value out.")]
    [InlineData("depth: !!int 1", "sweep.yaml:1:8: tags ('!type') are refused; the key decides the type.")]
    [InlineData("trained: [[value]]", "sweep.yaml:1:11: a list must be flat: an element is a number or a word.")]
    [InlineData("[1]: 2", "sweep.yaml:1:1: a key must be a word.")]
    [InlineData("- depth", "sweep.yaml:1:1: a specification is a mapping of keys to values, for example 'model: {depth: 2}'.")]
    [InlineData("depth: 1\n---\ndepth: 2", "sweep.yaml:2:1: a specification is one YAML document; remove what follows '---'.")]
    public void A_problem_in_a_file_is_one_line_with_its_place(string text, string expected)
    {
        SpecificationReading reading = SpecificationReader.ReadText("sweep.yaml", text, []);
        Assert.Equal([expected], reading.Problems.Select(problem => problem.ToString()));
        Assert.Null(reading.Specification);
    }

    [Theory]
    [InlineData("descent.steps=-1", "steps must be from 1 to 2147483647 but is -1.")]
    [InlineData("descent.stepsise=1", "unknown key 'descent.stepsise'. Did you mean 'descent.stepSize'?")]
    [InlineData("dept=1", "unknown key 'dept'. Did you mean 'depth'?")]
    [InlineData("DEPTH=1", "unknown key 'DEPTH'. Did you mean 'depth'?")]
    [InlineData("descent.depth=1", "unknown key 'descent.depth'. Did you mean 'model.depth'?")]
    [InlineData("depth", "must have the form key=value. Did you mean 'depth=…'?")]
    [InlineData("--steps", "must have the form key=value.")]
    [InlineData("depth=", "depth has no value; leave the word out to take the default.")]
    [InlineData("trained=[value", "trained is a list that does not end with ']'.")]
    [InlineData("trained=[value,,key]", "trained is a list with an empty element.")]
    [InlineData("trained=[[value]]", "trained must be a flat list: an element is a number or a word.")]
    [InlineData("depth='1'", "depth must be an integer but is the quoted text '1'.")]
    [InlineData("path=\"\"", "path must not be empty but is ''.")]
    public void A_problem_on_the_command_line_quotes_the_word(string word, string expected)
    {
        SpecificationReading reading = SpecificationReader.Read(null, [word]);
        Assert.Equal([$"command line: '{word}': {expected}"], reading.Problems.Select(problem => problem.ToString()));
    }

    [Fact]
    public void A_key_given_twice_on_the_command_line_is_a_problem() =>
        Assert.Equal(
            ["command line: 'model.depth=2': depth is given twice; the first is at command line: 'depth=1'."],
            SpecificationReader.Read(null, ["depth=1", "model.depth=2"]).Problems.Select(problem => problem.ToString()));

    [Fact]
    public void All_problems_of_file_and_words_are_reported_together()
    {
        SpecificationReading reading = SpecificationReader.ReadText(
            "a.yaml", "depth: 0\nmodle: {}\nsource: arrays\nsteps: [\n", ["gain=-1"]);
        Assert.Equal(5, reading.Problems.Count);
        Assert.StartsWith("a.yaml:", reading.Problems[1].ToString(), StringComparison.Ordinal);
        Assert.Contains("not valid YAML", reading.Problems[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_between_keys_is_silent_when_one_of_them_was_not_understood() =>
        Assert.Equal(
            ["depth must be an integer but is 'x'."],
            SpecificationReader.ReadText("a", "depth: x\ntrained: [blocks.5.value]", []).Problems.Select(problem => problem.Message));
}
