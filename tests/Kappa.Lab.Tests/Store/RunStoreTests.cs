using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Lab.Tests.Store;

public sealed class RunStoreTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_store_that_does_not_exist_is_empty()
    {
        Assert.Empty(_fixture.Store.List().Runs);
        Assert.Contains(
            "has no run 'a'. It holds 0 runs.", Assert.Throws<BadInputException>(() => _fixture.Store.Find("a")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_any_document_of_a_run_is_not_listed()
    {
        using var folder = new TemporaryFolder();
        string reproduction = Path.Combine(folder.Path, "reproduce-residual");
        _ = Directory.CreateDirectory(reproduction);
        File.WriteAllText(Path.Combine(reproduction, "claims.json"), "{}");
        RunListing listing = new RunStore(folder.Path).List();
        Assert.Empty(listing.Runs);
        Assert.Empty(listing.Damaged);
    }

    [Fact]
    public void Runs_are_listed_by_name_and_a_damaged_one_is_named_with_its_reason()
    {
        foreach (string name in new[] { "c-1", "a-2", "b-3", "d-4" })
            _fixture.Create(name).Dispose();
        File.WriteAllText(_fixture.At("b-3", "status.json"), "{");
        File.WriteAllText(_fixture.At("d-4", "status.json"), "{\"formatVersion\": 3}");
        File.WriteAllText(Path.Combine(_fixture.Root, "a-file"), "not a run");
        RunListing listing = _fixture.Store.List();
        Assert.Equal(["a-2", "c-1"], listing.Runs.Select(run => run.Name));
        Assert.Equal(["b-3", "d-4"], listing.Damaged.Select(run => run.Name));
        Assert.EndsWith("but line 1 is not. The run folder is damaged.", listing.Damaged[0].Reason, StringComparison.Ordinal);
        Assert.Contains("must have format version 2 but has 3.", listing.Damaged[1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_is_found_by_its_name_or_by_the_beginning_of_its_name_or_digits()
    {
        foreach (string name in new[] { "deep-0a1b2c", "deep-0a9999", "77aa", "77" })
            _fixture.Create(name).Dispose();
        Assert.Equal(Path.Combine(_fixture.Root, "deep-0a1b2c"), _fixture.Store.Find("deep-0a1"));
        Assert.Equal(Path.Combine(_fixture.Root, "deep-0a9999"), _fixture.Store.Find("0a9"));
        Assert.Equal(Path.Combine(_fixture.Root, "77"), _fixture.Store.Find("77"));
        Assert.EndsWith(
            "'deep' must name one run but begins 2: deep-0a1b2c, deep-0a9999. Write more of it.",
            Assert.Throws<BadInputException>(() => _fixture.Store.Find("deep")).Message, StringComparison.Ordinal);
        Assert.EndsWith(
            "has no run '77aq'. Did you mean '77aa'? It holds 4 runs.",
            Assert.Throws<BadInputException>(() => _fixture.Store.Find("77aq")).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "run: a name must have", Assert.Throws<BadInputException>(() => _fixture.Store.Find("../77")).Message,
            StringComparison.Ordinal);
    }
}
