using Kappa.Lab.Specifications;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

/// <summary>Specifications that were written before there was one Transformer are read as what they were.</summary>
public sealed class StoredSpecificationTests
{
    [Theory]
    [InlineData(
        "residual.yaml",
        "depth=2 width=8 ffnWidth=12 keyWidth=5 readoutWidth=3 attentionResidual=0.5 activation=relu source=teacher samples=3 tokens=2 "
            + "scheme=he branchScale=inverseSqrtDepth seed=4 trained=[value,ffnIn]",
        ModelForm.Residual)]
    [InlineData(
        "kernel-attention.yaml",
        "model.kind=kernelAttention width=12 heads=3 kernel=gaussian normalisesRows=true readoutWidth=5 temperature=0.4 source=text "
            + "samples=3 tokens=4 readoutGain=2",
        ModelForm.KernelAttention)]
    [InlineData(
        "shallow-encoder.yaml",
        "model.kind=shallowEncoder width=6 encoderWidth=16 pooling=mean lossReduction=mean encoderStart=ntk source=correlated "
            + "labels=attention correlation=0.2 samples=4 tokens=3 queryGain=0.5",
        ModelForm.ShallowEncoder)]
    [InlineData(
        "classifier.yaml",
        "model.kind=classifier source=reviews masksPadding=false depth=2 width=8 heads=2 ffnWidth=16 activation=gelu tokens=16 "
            + "samples=10 testSamples=4 batchSize=5 method=adam stepSize=0.01 warmUp=2 decay=linear testEvery=3",
        ModelForm.General)]
    public void A_stored_specification_is_the_run_of_the_words_that_made_it(string file, string words, object form)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Data", "specifications", file);
        SpecificationReading stored = SpecificationReader.Read(path, []),
            written = SpecificationReader.Read(null, [.. words.Split(' '), "steps=7"]);
        Assert.Equal([], stored.Problems);
        Assert.Equal([], written.Problems);
        Assert.Equal(written.Specification!.Resolve(), stored.Specification!.Resolve());
        Assert.Equal(RunName.Of(written.Specification), RunName.Of(stored.Specification));
        Assert.Equal(form, stored.Specification.Form);
    }
}
