using System.Text.Json.Serialization;

namespace Kappa.Lab.Store;

/// <summary>What a run is doing.</summary>
public enum RunState
{
    /// <summary>Specified, not started.</summary>
    Queued,

    /// <summary>A process works on it, or did until its last heartbeat.</summary>
    Running,

    /// <summary>Stopped for a reason of its own, divergence included.</summary>
    Done,

    /// <summary>Ended by an error; <see cref="RunStatus.Message"/> says which.</summary>
    Failed,

    /// <summary>Stopped from outside; its checkpoint can be resumed.</summary>
    Interrupted,
}

/// <summary>The content of <c>status.json</c>: replaced as a whole, so a reader always finds a complete one.</summary>
public sealed record RunStatus
{
    /// <summary>Version of the run folder; <see cref="RunFolder.FormatVersion"/>.</summary>
    public int FormatVersion { get; init; } = RunFolder.FormatVersion;

    /// <summary>What the run is doing.</summary>
    public required RunState State { get; init; }

    /// <summary>The step reached.</summary>
    public long Step { get; init; }

    /// <summary>Loss at <see cref="Step"/>; <see langword="null"/> before the first. May be NaN or infinite after divergence.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    public double? Loss { get; init; }

    /// <summary>The loss at which only rounding is left, see <see cref="Spectra.RoundingFloor"/>;
    /// <see langword="null"/> before the first step.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    public double? RoundingFloor { get; init; }

    /// <summary>Share of right answers of a classifier on its test samples, at the end; <see langword="null"/> for other runs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TestAccuracy { get; init; }

    /// <summary>Its loss there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    public double? TestLoss { get; init; }

    /// <summary>When this was written, UTC.</summary>
    public DateTimeOffset Heartbeat { get; init; }

    /// <summary>Why the run stopped; <see langword="null"/> while it has not.</summary>
    public string? StopReason { get; init; }

    /// <summary>A line for the reader, such as the error of a failed run.</summary>
    public string? Message { get; init; }

    /// <summary>The processes that worked on the run, in order: one entry for each.</summary>
    public IReadOnlyList<RunEnvironment> Sessions { get; init => field = value ?? []; } = [];
}
