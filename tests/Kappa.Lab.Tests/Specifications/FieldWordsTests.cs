using Kappa.Lab.Specifications;
using Xunit;

namespace Kappa.Lab.Tests.Specifications;

/// <summary>Somebody who comes from another program writes its words; the hint leads to the key.</summary>
public sealed class FieldWordsTests
{
    [Theory]
    [InlineData("lr", "'stepSize'?")]
    [InlineData("learning_rate", "'stepSize'?")]
    [InlineData("eta", "'stepSize'?")]
    [InlineData("step_size", "'stepSize'?")]
    [InlineData("layers", "'depth'?")]
    [InlineData("n_layers", "'depth'?")]
    [InlineData("n_heads", "'heads'?")]
    [InlineData("optimizer", "'method'? Its values are gradientDescent, momentum and adam.")]
    [InlineData("init", "'scheme' or 'encoderStart'?")]
    [InlineData("batch", "'batchSize'?")]
    [InlineData("batch_size", "'batchSize'?")]
    [InlineData("residual", "'attentionResidual' or 'ffnResidual'?")]
    [InlineData("d_model", "'width'?")]
    [InlineData("hidden", "'width' or 'ffnWidth'? The first is that of a token, the second that inside the feed-forward part.")]
    [InlineData("seq_len", "'tokens'?")]
    [InlineData("epochs", "'steps'? An epoch is samples/batchSize steps, and one step where every step sees all samples.")]
    [InlineData("model.n_layers", "'model.depth'?")]
    [InlineData("init_from", "'from'? It begins a new run; kappa run --resume RUN goes on with an interrupted one.")]
    [InlineData("resume_from", "'from'? It begins a new run; kappa run --resume RUN goes on with an interrupted one.")]
    [InlineData("checkpoint", "'from'? It begins a new run; kappa run --resume RUN goes on with an interrupted one.")]
    [InlineData("pretrained", "'from'? It begins a new run; kappa run --resume RUN goes on with an interrupted one.")]
    [InlineData("random_seed", "'seed'?")]
    public void A_word_of_the_field_leads_to_the_key(string word, string hint) =>
        Assert.Equal($"unknown key '{word}'. Did you mean {hint}", Problem($"{word}=1").Split(": ", 3)[^1]);

    [Theory]
    [InlineData("dim_feedforward", "'ffnWidth'?")]
    [InlineData("nhead", "'heads'?")]
    [InlineData("norm_first", "'norm' or 'normKind'? norm=pre is what others call norm_first=True.")]
    [InlineData("layer_norm_eps", "'normEpsilon'?")]
    [InlineData("is_causal", "'mask'? mask=causal hides what comes later.")]
    [InlineData("vocab_size", "'source' or 'embedding'? How many identifiers there are follows from the source.")]
    [InlineData("max_len", "'tokens'?")]
    [InlineData("weight_decay", "'weightDecay'?")]
    [InlineData("wd", "'weightDecay'?")]
    [InlineData("max_grad_norm", "'gradientClip'? It cuts the norm of the whole gradient.")]
    [InlineData("num_classes", "'readoutWidth'?")]
    [InlineData("criterion", "'loss'? Its values are squaredError and crossEntropy.")]
    public void A_word_of_a_Transformer_library_leads_to_the_key(string word, string hint) =>
        Assert.Equal($"unknown key '{word}'. Did you mean {hint}", Problem($"{word}=1").Split(": ", 3)[^1]);

    [Theory]
    [InlineData("dropout")]
    [InlineData("attention_dropout")]
    public void What_Kappa_does_not_have_is_said(string word) => Assert.Equal(
        $"unknown key '{word}'. Kappa has no dropout: what a step does is decided by the specification alone. Leave it out.",
        Problem($"{word}=0.1").Split(": ", 3)[^1]);

    [Fact]
    public void Every_word_leads_to_keys_that_exist_and_is_none_itself()
    {
        Assert.All(FieldWords.All, word =>
        {
            Assert.DoesNotContain(SpecificationKeys.All, key => string.Equals(key.Name, word, StringComparison.OrdinalIgnoreCase));
            string problem = Problem($"{word}=1");
            Assert.Contains(FieldWords.Find(word).Count > 0 ? "Did you mean" : "Kappa has no", problem, StringComparison.Ordinal);
            Assert.All(FieldWords.Find(word), key => Assert.Contains($"'{key.Name}'", problem, StringComparison.Ordinal));
        });
        Assert.Equal(FieldWords.All.Count(), FieldWords.All.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [InlineData("descent: {lr: 1}", "unknown key 'lr' in 'descent'. Did you mean 'stepSize'?")]
    [InlineData("model: {lr: 1}", "unknown key 'lr' in 'model'. Did you mean 'descent.stepSize'?")]
    [InlineData("optimizer: {lr: 1}", "unknown group 'optimizer'. Did you mean 'descent'?")]
    public void A_file_is_corrected_as_well(string yaml, string problem) =>
        Assert.EndsWith(
            problem, Assert.Single(SpecificationReader.ReadText("a.yaml", yaml, []).Problems).ToString(), StringComparison.Ordinal);

    private static string Problem(string word) => Assert.Single(SpecificationReader.Read(null, [word]).Problems).ToString();
}
