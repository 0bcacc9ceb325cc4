using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Tests.Store;

/// <summary>A store in a new folder, a clock that stands still until it is moved, and one machine.</summary>
internal sealed class StoreFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public Clock Time { get; } = new();

    public string Root => _folder.At("runs");

    public RunStore Store => new(Root);

    public RunEnvironment Machine => RunEnvironment.Current(["run", "depth=2"], 1, Time);

    public RunFolder Create(string name, ExperimentSpecification? specification = null) =>
        RunFolder.Create(Root, name, specification ?? new(), Machine, Time);

    public RunFolder Open(string name) => RunFolder.Open(Path.Combine(Root, name), Machine, Time);

    public string At(string name, string file) => Path.Combine(Root, name, file);

    public void Dispose() => _folder.Dispose();

    internal sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
