using Xunit;

namespace Kappa.Lab.Tests;

public sealed class BadInputExceptionTests
{
    [Fact]
    public void The_message_starts_with_the_location_and_keeps_the_cause()
    {
        IOException cause = new("low level");
        BadInputException exception = new("sweep.yaml:7", "unknown key 'stepsise'. Did you mean 'stepSize'?", cause);
        Assert.Equal("sweep.yaml:7: unknown key 'stepsise'. Did you mean 'stepSize'?", exception.Message);
        Assert.Equal("sweep.yaml:7", exception.Location);
        Assert.Same(cause, exception.InnerException);
    }

    [Fact]
    public void The_message_stays_on_one_line_whatever_the_names_contain()
    {
        BadInputException exception = new("a\nb\u001b[31m", "must be\r\nfound \u2028 it");
        Assert.DoesNotContain(exception.Message, character => char.IsControl(character) || character == '\u2028');
    }
}
