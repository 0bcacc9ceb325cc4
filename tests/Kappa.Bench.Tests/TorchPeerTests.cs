using Xunit;

namespace Kappa.Bench.Tests;

/// <summary>Whatever is started in place of Python: there is a reason, no crash.</summary>
public sealed class TorchPeerTests
{
    [Fact]
    public void A_program_that_does_not_exist_is_no_peer() => Assert.NotEqual("", ReasonOf("no-such-python"));

    [Fact]
    public void A_program_that_ends_at_once_is_no_peer() => Assert.StartsWith("torch ended", ReasonOf("false"), StringComparison.Ordinal);

    [Fact]
    public void A_program_that_answers_no_JSON_is_no_peer() =>
        Assert.Contains("must answer a JSON object but answered garbage", ReasonOf("cat", "garbage"), StringComparison.Ordinal);

    [Fact]
    public void A_program_that_answers_no_object_is_no_peer() =>
        Assert.Contains("must answer a JSON object but answered [1]", ReasonOf("cat", "[1]"), StringComparison.Ordinal);

    [Fact]
    public void A_program_that_reports_an_error_is_no_peer() =>
        Assert.Equal("torch reports out of memory", ReasonOf("cat", "{\"error\": \"out of memory\"}"));

    [Fact]
    public void A_number_of_a_reply_must_be_finite()
    {
        _ = Assert.Throws<TorchPeerException>(() => TorchPeer.Number([], "seconds"));
        _ = Assert.Throws<TorchPeerException>(() => TorchPeer.Number(new() { ["seconds"] = "soon" }, "seconds"));
        Assert.Equal(2.5, TorchPeer.Number(new() { ["seconds"] = 2.5 }, "seconds"));
    }

    [Fact]
    public void The_scripts_of_the_peer_travel_with_the_program()
    {
        string[] scripts = [
            .. typeof(TorchPeer).Assembly.GetManifestResourceNames().Where(name => name.StartsWith("peer/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)];
        Assert.Equal(["peer/classifier.py", "peer/content.py", "peer/model.py", "peer/routines.py", "peer/torch_peer.py"], scripts);
    }

    // cat prints the file that it takes for a script; the second word, the
    // number of threads, is no file and is complained about on standard error.
    private static string ReasonOf(string program, string script = "")
    {
        if (OperatingSystem.IsWindows())
        {
            program = "no-such-python";
        }

        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("torch_peer.py"), script + "\n");
        Assert.Null(TorchPeer.TryStart(folder.Path, 1, [program], out string reason));
        return reason;
    }
}
