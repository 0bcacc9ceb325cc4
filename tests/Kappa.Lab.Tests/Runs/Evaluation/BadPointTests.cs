using System.Text;
using Kappa.Lab.Runs.Evaluation;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>What is wrong with a point file is said with its place, and all of it at once.</summary>
public sealed class BadPointTests
{
    [Theory]
    [InlineData(
        "[3], [4]", "[3], [NaN]",
        "parameters.blocks.0.key[1][0]: must be a finite number but is NaN. Take a point from before training went wrong.")]
    [InlineData(
        "[[1, 0], [0, 1]]", "[[1, -Infinity], [NaN, Infinity]]",
        "parameters.blocks.0.value[0][1]: must be a finite number but is -Infinity, the first of 3. Take a point from before "
            + "training went wrong.")]
    [InlineData(
        "1e-3", "1e999",
        "targets[0][1][0]: must be a finite number but is 1e999, beyond the largest double. Take a point from before training went "
            + "wrong.")]
    [InlineData("[3, 4]]]", "[3, \"4\"]]]", "inputs[0][1][1]: must be a number but is the text '4'; inputs is [N, n, d].")]
    [InlineData("[3, 4]]]", "[3, [4]]]]", "inputs[0][1][1]: must be a number but is a list; inputs is [N, n, d].")]
    [InlineData(
        "[3, 4]]]", "[3]]]",
        "inputs[0][1]: must have 2 elements, as inputs[0][0] has, but has 1. All must be equally long: [N, n, d].")]
    [InlineData(
        "[3, 4]]]", "[3, 4]], [[5, 6]]]",
        "inputs[1]: must have 2 elements, as inputs[0] has, but has 1. All must be equally long: [N, n, d].")]
    [InlineData("[[[1, 2], [3, 4]]]", "[]", "inputs: must be [N, n, d] with no axis of length 0 but has shape [0].")]
    [InlineData("[[[1, 2], [3, 4]]]", "[[[], []]]", "inputs: must be [N, n, d] with no axis of length 0 but has shape [1, 2, 0].")]
    [InlineData("[[[1, 2], [3, 4]]]", "[[1, 2], [3, 4]]", "inputs[0][0]: must be a list but is 1; inputs is [N, n, d].")]
    [InlineData("[[[1, 2], [3, 4]]]", "7", "inputs: must be lists of numbers of shape [N, n, d] but is 7.")]
    [InlineData("[[[1, 2], [3, 4]]]", "null", "inputs: must be lists of numbers of shape [N, n, d] but is null.")]
    public void A_damaged_array_is_named_with_its_indices(string part, string replacement, string problem) =>
        Assert.Equal([problem], PointText.Problems(PointText.With(part, replacement)));

    [Theory]
    [InlineData(
        "[[1, 2, 3], [4, 5, 6]]", "[[1, 4], [2, 5], [3, 6]]",
        "parameters.blocks.0.ffn_in: must be [d, m] = [2, 3] but is [3, 2]. It is transposed: weights are stored [d_in, d_out], as "
            + "used in X W.")]
    [InlineData(
        "[[1, 2], [3, 4], [5, 6]]", "[[1, 3, 5], [2, 4, 6]]",
        "parameters.blocks.0.ffn_out: must be [m, d] = [3, 2] but is [2, 3]. It is transposed: weights are stored [d_in, d_out], as "
            + "used in X W.")]
    [InlineData(
        "\"blocks.0.key\": [[3], [4]]", "\"blocks.0.key\": [[3, 3], [4, 4]]",
        "parameters.blocks.0.key: must be [d, d_k] = [2, 1] but is [2, 2].")]
    [InlineData(
        "\"blocks.0.key\": [[3], [4]]", "\"blocks.0.keys\": [[3], [4]]",
        "parameters.blocks.0.keys: unknown matrix. Did you mean 'blocks.0.key'?",
        "parameters: must hold blocks.0.key but does not. Add it.")]
    [InlineData(
        "\"blocks.0.key\"", "\"blocks.0.key.weight\"",
        "parameters.blocks.0.key.weight: unknown matrix. Did you mean 'blocks.0.key'? The weight of a torch.nn.Linear is [out, in]; "
            + "write its transpose.",
        "parameters: must hold blocks.0.key but does not. Add it.")]
    [InlineData(
        "\"blocks.0.query\"", "\"blocks.0.query.bias\": [1, 2], \"blocks.0.query\"",
        "parameters.blocks.0.query.bias: unknown matrix: the model has no biases. Evaluate a model without them.")]
    [InlineData(
        "\"blocks.0.query\"", "\"blocks.1.query\": [[1], [2]], \"blocks.0.query\"",
        "parameters.blocks.1.query: the model has no such matrix: its depth is 1, so its blocks are blocks.0. Remove it or correct "
            + "the depth.")]
    [InlineData(
        "\"blocks.0.query\": [[1], [2]]", "\"blocks.0.key\": [[1], [2]]", "parameters.blocks.0.key: is given twice. Remove one.",
        "parameters: must hold blocks.0.query but does not. Add it.")]
    [InlineData(
        "\"depth\": 1", "\"depth\": 3",
        "parameters: must hold blocks.1.query, blocks.1.key, blocks.1.value, blocks.1.ffn_in, blocks.1.ffn_out, blocks.2.query and 4 "
            + "more but holds none of them. Add them.")]
    [InlineData(
        "[[[0, 1], [1e-3, 0]]]", "[[[0, 1, 2], [1e-3, 0, 2]]]",
        "targets: must be [N, n, d] = [1, 2, 2] but is [1, 2, 3]. An output of another width than d needs parameters.readout [d, "
            + "d_out].")]
    [InlineData(
        "\"blocks.0.query\"", "\"readout\": [[1, 2, 3], [4, 5, 6]], \"blocks.0.query\"",
        "targets: must be [N, n, d_out] = [1, 2, 3] but is [1, 2, 2]. d_out is the number of columns of the readout.")]
    public void Matrices_must_have_their_names_and_shapes(string part, string replacement, params string[] problems) =>
        Assert.Equal(problems, PointText.Problems(PointText.With(part, replacement)));

    [Theory]
    [InlineData("\"temperature\"", "\"temprature\"", "config.temprature: unknown key. Did you mean 'temperature'?")]
    [InlineData("\"depth\": 1", "\"depth\": 1.5", "config.depth: must be an integer from 1 to 4096 but is 1.5.")]
    [InlineData("\"depth\": 1", "\"depth\": 2000000000", "config.depth: must be an integer from 1 to 4096 but is 2000000000.")]
    [InlineData("\"depth\": 1", "\"depth\": 1, \"depth\": 1", "config.depth: is given twice. Remove one.")]
    [InlineData("\"temperature\": 0.5", "\"temperature\": NaN", "config.temperature: must be a finite number but is NaN.")]
    [InlineData(
        "\"temperature\": 0.5", "\"temperature\": null",
        "config.temperature: must be a finite number but is null. Leave the key out for the default.")]
    [InlineData("\"gamma\": 0.2", "\"gamma\": 1.2", "config.activation.gamma: must be a number from 0 to 1 but is 1.2.")]
    [InlineData("\"gamma\": 0.2", "\"eps\": 0", "config.activation.eps: must be a number from 1E-100 to 1E+100 but is 0.")]
    [InlineData("\"gamma\": 0.2", "\"slope\": 0.2", "config.activation.slope: unknown key.")]
    [InlineData(
        "leaky_relu", "leaky_rleu",
        "config.activation.name: must be one of identity, relu, leaky_relu, smooth_leaky_relu, gelu but is the text 'leaky_rleu'. "
            + "Did you mean 'leaky_relu'?")]
    [InlineData(
        "\"name\": \"leaky_relu\", ", "",
        "config.activation: must have the key 'name', one of identity, relu, leaky_relu, smooth_leaky_relu, gelu, but has not.")]
    [InlineData(
        "residual_transformer", "residual_transfomer",
        "config.model: must be 'residual_transformer' or one of kernel_attention, shallow_encoder, residual, kernelAttention, "
            + "shallowEncoder, classifier but is the text 'residual_transfomer'. Did you mean 'residual_transformer'?")]
    [InlineData(
        "\"model\": \"residual_transformer\", ", "",
        "config: must have the key 'model', which is 'residual_transformer', but has not.")]
    [InlineData("\"name\": \"tiny\"", "\"name\": 3", "name: must be a text but is 3.")]
    [InlineData("\"name\": \"tiny\"", "\"nam\": \"tiny\"", "nam: unknown key. Did you mean 'name'?")]
    [InlineData("\"name\": \"tiny\"", "\"trained\": [\"blocks.0.key\"]", "trained: is given twice. Remove one.")]
    [InlineData(
        "[\"blocks.0.value\", \"blocks.0.ffn_out\"]", "[]",
        "trained: must list at least one name of parameters but is empty. Leave the key out to train all.")]
    [InlineData(
        "[\"blocks.0.value\", \"blocks.0.ffn_out\"]", "\"all\"",
        "trained: must list at least one name of parameters but is the text 'all'. Leave the key out to train all.")]
    [InlineData(
        "\"blocks.0.ffn_out\"]", "\"blocks.0.vlaue\", 7, \"readout\", \"blocks.0.value\"]",
        "trained[1]: 'blocks.0.vlaue': unknown matrix. Did you mean 'blocks.0.value'?",
        "trained[2]: must be a name of parameters but is 7.", "trained[3]: names the readout but parameters has none.",
        "trained[4]: lists 'blocks.0.value' again; once is enough.")]
    public void Keys_and_values_of_the_model_are_checked(string part, string replacement, params string[] problems) =>
        Assert.Equal(problems, PointText.Problems(PointText.With(part, replacement)));

    [Fact]
    public void All_problems_are_reported_together()
    {
        string text = PointText.With("[[[1, 2], [3, 4]]]", "[[[1, NaN], [3, 4]]]")
            .Replace("\"gamma\": 0.2", "\"gama\": 2", StringComparison.Ordinal)
            .Replace("\"targets\"", "\"target\"", StringComparison.Ordinal);
        Assert.Equal(
            [
                "inputs[0][0][1]: must be a finite number but is NaN. Take a point from before training went wrong.",
                "target: unknown key. Did you mean 'targets'?",
                "a point must have the key 'targets' but has not.",
                "config.activation.gama: unknown key. Did you mean 'gamma'?",
            ],
            PointText.Problems(text));
        Assert.EndsWith(
            " (3 more)", Assert.Throws<BadInputException>(() => PointText.Read(text).Require()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_a_hundred_problems_are_counted_and_not_listed()
    {
        string many = string.Concat(Enumerable.Range(0, 5000).Select(k => $"\"key{k}\": 0, "));
        string[] problems = PointText.Problems(PointText.With("\"name\": \"tiny\"", many + "\"name\": \"tiny\""));
        Assert.Equal(101, problems.Length);
        Assert.Equal("has 4900 more problems, which are not listed.", problems[^1]);
    }

    [Theory]
    [InlineData("", "the file must be JSON but is not at line 1, byte 1: it ends too early. Was it written to its end?")]
    [InlineData("[1]", "a point must be a JSON object with config, inputs, targets, parameters but is a list.")]
    [InlineData(
        "{} {}",
        "the file must be JSON but is not at line 1, byte 4: '{' is invalid after a single JSON value. Write it with a JSON library.")]
    [InlineData(
        "{\"inputs\": [[[1, 2], [3,",
        "inputs[0][1][0]: the file must be JSON but is not at line 1, byte 24: it ends too early. Was it written to its end?")]
    [InlineData(
        "{\"inputs\": [[[1, nan]]]}",
        "inputs[0][0][0]: the file must be JSON but is not at line 1, byte 19: 'nan]]]}' is an invalid JSON literal. Write it with a "
            + "JSON library.")]
    [InlineData(
        "{\"parameters\": {\"a\": 'x'}}",
        "parameters.a: the file must be JSON but is not at line 1, byte 22: ''' is an invalid start of a value. Write it with a JSON "
            + "library.")]
    [InlineData("{\"name\": \"\\ud800\"}", "name: has a text that is not valid Unicode. Write names in letters.")]
    [InlineData("{\"config\": {\"model\": \"\\ud800\"}}", "config: has a text that is not valid Unicode. Write names in letters.")]
    public void Broken_syntax_is_named_with_line_and_byte(string text, string problem) =>
        Assert.Equal(problem, PointText.Problems(text)[0]);

    [Fact]
    public void A_file_that_nests_deeply_or_is_no_text_or_too_long_is_refused()
    {
        string deep = $"{{\"expected\": {new string('[', 100_000)}";
        Assert.Equal(
            [
                "expected: the file must be JSON but is not at line 1, byte 77: The maximum configured depth of 64 has been exceeded. "
                    + "Write it with a JSON library."],
            PointText.Problems(deep));
        Assert.Equal(
            "must be JSON in UTF-8 but is not text. A file of weights must be called .safetensors.",
            PointText.Read([0x7B, 0xFF, 0x7D]).Problems.Single().Message);
        using var huge = new HugeStream(PointFile.LargestFile + 1);
        Assert.StartsWith(
            $"must have at most {PointFile.LargestFile} bytes but has {PointFile.LargestFile + 1}.",
            PointFile.Read(huge, "huge").Problems.Single().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_that_do_not_fit_into_memory_are_refused_before_it_is_asked_for()
    {
        // 40,000 tokens of width 1: the attention matrix alone has 1.6e9 elements.
        string tokens = string.Join(",", Enumerable.Repeat("[1]", 40_000));
        string text = $$"""
            {"config": {"model": "residual_transformer"}, "inputs": [[{{tokens}}]], "targets": [[{{tokens}}]],
             "parameters": {"blocks.0.query": [[1]], "blocks.0.key": [[1]], "blocks.0.value": [[1]],
                            "blocks.0.ffn_in": [[1]], "blocks.0.ffn_out": [[1]] } }
            """;
        Assert.Equal(
            [
                "inputs: one pass over N = 1 samples of n = 40000 tokens must fit into 4096 MiB but needs 24419 MiB. Take fewer samples, "
                    + "or allow more with --memory."],
            PointText.Problems(text));
    }

    [Fact]
    public void A_location_cannot_break_the_line()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("[]"));
        Assert.DoesNotContain(
            PointFile.Read(stream, "a\nb\u2028c.json").Problems,
            problem => problem.ToString().Any(letter => char.IsControl(letter) || letter == '\u2028'));
        Assert.DoesNotContain(
            PointText.Problems(PointText.With("\"name\"", "\"a\\nb\": 1, \"name\"")),
            problem => problem.Contains('\n', StringComparison.Ordinal));
    }

    private sealed class HugeStream(long length) : MemoryStream
    {
        public override long Length => length;
    }
}
