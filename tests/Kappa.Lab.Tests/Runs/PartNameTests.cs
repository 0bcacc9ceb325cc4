using Kappa.Lab.Runs;
using Kappa.Models;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

/// <summary>Names of measured parts are read from the columns of telemetry, of any model.</summary>
public sealed class PartNameTests
{
    [Fact]
    public void The_parts_are_those_with_singular_values_in_the_order_of_the_columns()
    {
        string[] columns = [
            "step", "loss", "l0.head1.branch.sigmaMax", "l0.head1.branch.sigmaMin", "l0.branch.sigmaMax", "l10.output.sigmaMax",
            "l0.hidden.sigmaMin", "learned.sigmaMax", "l.x.sigmaMax", "l0.sigmaMax"];
        Assert.Equal([new PartName(0, "head1.branch"), new PartName(0, "branch"), new PartName(10, "output")], PartName.In(columns));
    }

    [Theory]
    [InlineData("branch", "attention branch", true, false, false)]
    [InlineData("output", "attention output", false, true, false)]
    [InlineData("head12.branch", "branch of head 12", false, false, true)]
    [InlineData("inputNorm", "normalised input", false, false, false)]
    [InlineData("outputNorm", "normalised attention output", false, false, false)]
    [InlineData("blockNorm", "normalised block output", false, false, false)]
    public void A_part_says_what_it_is(string part, string words, bool isBranch, bool isOutput, bool isHead)
    {
        var name = new PartName(3, part);
        Assert.Equal((words, isBranch, isOutput, isHead, $"l3.{part}"), (name.Words, name.IsBranch, name.IsOutput, name.IsHead, name.Text));
    }

    [Fact]
    public void A_part_without_a_name_is_refused()
    {
        Assert.Equal("l2.head1.branch", LayerMatrix.NameOf(2, LayerPart.HeadBranch, 1));
        Assert.Contains(
            "HeadBranch", Assert.Throws<ArgumentException>(() => LayerMatrix.NameOf(2, LayerPart.HeadBranch)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "AttentionWeights", Assert.Throws<ArgumentException>(() => LayerMatrix.NameOf(2, LayerPart.AttentionWeights)).Message,
            StringComparison.Ordinal);
    }
}
