using Kappa.Lab.Experiments;
using Xunit;

namespace Kappa.Lab.Tests.Experiments;

/// <summary>Somebody who comes from another program writes its words; the hint leads to the key.</summary>
public sealed class FieldWordsTests
{
    [Theory]
    [InlineData("lr", "'stepSize'?")]
    [InlineData("learning_rate", "'stepSize'?")]
    [InlineData("eta", "'stepSize'?")]
    [InlineData("step_size", "'stepSize'?")]
    [InlineData("layers", "'depth' (model.kind residual, classifier)?")]
    [InlineData("n_layers", "'depth' (model.kind residual, classifier)?")]
    [InlineData("n_heads", "'heads' (model.kind kernelAttention, classifier)?")]
    [InlineData("optimizer", "'method' (model.kind kernelAttention, shallowEncoder, classifier)? Model R descends by its gradient alone.")]
    [InlineData("init", "'scheme' (model.kind residual) or 'encoderStart' (model.kind shallowEncoder)?")]
    [InlineData("batch", "'batchSize' (model.kind kernelAttention, shallowEncoder, classifier)? Model R sees all samples at every step.")]
    [InlineData("batch_size", "'batchSize' (model.kind kernelAttention, shallowEncoder, classifier)?")]
    [InlineData("residual", "'attentionResidual' (model.kind residual, classifier) or 'ffnResidual' (model.kind residual, classifier)?")]
    [InlineData("d_model", "'width'?")]
    [InlineData("hidden", "'width' or 'ffnWidth' (model.kind residual, classifier)? The first is that of a token, the second that inside the feed-forward part.")]
    [InlineData("seq_len", "'tokens'?")]
    [InlineData("epochs", "'steps'? An epoch is samples/batchSize steps, and one step where every step sees all samples.")]
    [InlineData("model.n_layers", "'model.depth' (model.kind residual, classifier)?")]
    [InlineData("random_seed", "'seed'?")]
    public void A_word_of_the_field_leads_to_the_key(string word, string hint) =>
        Assert.Equal($"unknown key '{word}'. Did you mean {hint}", Problem($"{word}=1").Split(": ", 3)[^1]);

    [Fact]
    public void Heads_are_refused_by_the_model_without_them_and_the_kinds_that_have_them_are_named() =>
        Assert.Equal("command line: 'heads=2': heads does not apply to model.kind 'residual'; remove it or choose another kind (kernelAttention, classifier).", Problem("heads=2"));

    [Fact]
    public void Every_word_leads_to_keys_that_exist_and_is_none_itself()
    {
        Assert.All(FieldWords.All, word =>
        {
            Assert.NotEmpty(FieldWords.Find(word));
            Assert.DoesNotContain(SpecificationKeys.All, key => key.Name == word);
            string problem = Problem($"{word}=1");
            Assert.All(FieldWords.Find(word), key => Assert.Contains($"'{key.Name}'{KeyApplicability.Remark(key)}", problem, StringComparison.Ordinal));
        });
        Assert.Equal(FieldWords.All.Count(), FieldWords.All.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public void Every_key_that_a_kind_of_model_refuses_says_so_in_the_hint()
    {
        foreach (SpecificationKey key in FieldWords.All.SelectMany(FieldWords.Find).Distinct())
        {
            bool isRefused = Enum.GetValues<ModelKind>().Any(kind => !KeyApplicability.Applies(key, kind));
            Assert.Equal(isRefused, KeyApplicability.Remark(key).Length > 0);
        }
    }

    [Theory]
    [InlineData("descent: {lr: 1}", "unknown key 'lr' in 'descent'. Did you mean 'stepSize'?")]
    [InlineData("model: {lr: 1}", "unknown key 'lr' in 'model'. Did you mean 'descent.stepSize'?")]
    [InlineData("optimizer: {lr: 1}", "unknown group 'optimizer'. Did you mean 'descent'?")]
    public void A_file_is_corrected_as_well(string yaml, string problem) => Assert.EndsWith(problem, Assert.Single(SpecificationReader.ReadText("a.yaml", yaml, []).Problems).ToString(), StringComparison.Ordinal);

    private static string Problem(string word) => Assert.Single(SpecificationReader.Read(null, [word]).Problems).ToString();
}
