using Kappa.Lab.Index;
using Xunit;

namespace Kappa.Lab.Tests.Index;

/// <summary>A question reads, and does nothing else.</summary>
public sealed class RunQueryTests : IDisposable
{
    private readonly IndexFixture _runs = new();

    public RunQueryTests() => _ = _runs.Add("a", 0.5);

    public void Dispose() => _runs.Dispose();

    [Theory]
    [InlineData("DELETE FROM result", "write")]
    [InlineData("INSERT INTO sweep VALUES (1, 'a', 2)", "write")]
    [InlineData("UPDATE result SET depth = 9", "write")]
    [InlineData("WITH x AS (SELECT 1) DELETE FROM claim", "write")]
    [InlineData("DROP TABLE result", "write")]
    [InlineData("CREATE TABLE t (a)", "write")]
    [InlineData("CREATE TEMP TABLE t AS SELECT * FROM runs", "write")]
    [InlineData("ATTACH 'other.sqlite' AS other", "attach or detach a file")]
    [InlineData("PRAGMA writable_schema = 1", "set or ask a PRAGMA")]
    [InlineData("PRAGMA user_version", "set or ask a PRAGMA")]
    [InlineData("BEGIN", "begin or end a transaction")]
    [InlineData("SELECT 1; DELETE FROM result", "write")]
    [InlineData("SELECT load_extension('x')", "load an extension")]
    public void What_is_not_a_SELECT_is_refused_in_one_line(string sql, string what)
    {
        _ = _runs.Refresh();
        byte[] before = File.ReadAllBytes(_runs.Index.Path);
        BadInputException refusal = Assert.Throws<BadInputException>(() => new RunQuery(_runs.Index).Answer(sql));
        Assert.Equal($"query: reads only: it must be one SELECT, but it would {what}.", refusal.Message);
        Assert.Equal(before, File.ReadAllBytes(_runs.Index.Path));
    }

    [Theory]
    [InlineData("VACUUM")]
    [InlineData("VACUUM INTO 'copy.sqlite'")]
    [InlineData("SELECT deph FROM runs")]
    [InlineData("SELECT")]
    [InlineData("-- nothing")]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("SELECT writefile('x', 'y')")]
    [InlineData("EXPLAIN DELETE FROM result")]
    [InlineData("SELECT zeroblob(1000000000)")]
    [InlineData("SELECT 'unfinished")]
    [InlineData("SELECT $parameter")]
    public void What_is_wrong_is_one_line(string sql)
    {
        BadInputException refusal = Assert.Throws<BadInputException>(() => _runs.Ask(sql));
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.StartsWith("query: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_too_large_for_memory_is_refused()
    {
        _ = _runs.Refresh();
        BadInputException refusal = Assert.Throws<BadInputException>(() =>
            new RunQuery(_runs.Index).Answer(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT zeroblob(8000000) FROM n"));
        Assert.Equal(
            "query: must give at most 67108864 characters but row 5 goes beyond. Ask for less, or fewer rows with --limit.",
            refusal.Message);
    }

    [Fact]
    public void A_question_without_end_is_ended()
    {
        _ = _runs.Refresh();
        BadInputException refusal = Assert.Throws<BadInputException>(() =>
            new RunQuery(_runs.Index).Answer(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", seconds: 1));
        Assert.Equal("query: must be answered within 1 s but was not. Ask for less, or allow more with --timeout.", refusal.Message);
    }

    [Fact]
    public void More_rows_than_the_limit_are_cut_and_said_to_be()
    {
        _ = _runs.Refresh();
        const string Five = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n";
        QueryResult cut = new RunQuery(_runs.Index).Answer(Five, rows: 3), whole = new RunQuery(_runs.Index).Answer(Five, rows: 5);
        Assert.Equal((3, true, 5, false), (cut.Rows.Count, cut.IsCut, whole.Rows.Count, whole.IsCut));
    }

    [Fact]
    public void The_documented_views_are_those_of_the_index()
    {
        foreach (IGrouping<object?, IReadOnlyList<object?>> view in IndexViews.Columns().Rows.GroupBy(row => row[0]))
            Assert.Equal(_runs.Ask($"SELECT * FROM {view.Key}").Columns, view.Select(row => (string)row[1]!));
    }
}
