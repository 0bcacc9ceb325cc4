using System.Text;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Lab.Tests.Store;

public sealed class SpectraFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.At("spectra.npy");

    public void Dispose() => _folder.Dispose();

    // numpy.load of these bytes: dtype([('step', '<i8'), ('l0.branch', '<f8', (2,)), ('l0.hidden', '<f8', (3,))]), one record.
    [Fact]
    public void The_file_is_an_array_of_records_as_numpy_writes_them()
    {
        Write((7, 1.5));
        byte[] file = File.ReadAllBytes(Path);
        int start = 12 + BitConverter.ToInt32(file, 8);
        Assert.Equal([0x93, .. "NUMPY"u8, 2, 0], file[..8]);
        Assert.Equal((0, (byte)'\n'), (start % 64, file[start - 1]));
        Assert.Equal(
            "{'descr': [('step', '<i8'), ('l0.branch', '<f8', (2,)), ('l0.hidden', '<f8', (3,))], 'fortran_order': False, "
                + "'shape': (1,), }",
            Encoding.ASCII.GetString(file[12..start]).TrimEnd());
        Assert.Equal([7, .. BitConverter.GetBytes(0)], file[start..(start + 5)]);
        Assert.Equal(
            [1.5, -0.0, double.PositiveInfinity, 1e-300, double.NaN],
            Enumerable.Range(1, 5).Select(k => BitConverter.ToDouble(file, start + (8 * k))));
        Assert.Equal(start + 48, file.Length);
    }

    [Fact]
    public void Records_that_are_added_later_give_the_bytes_of_all_at_once()
    {
        Write((0, 1), (3, 2), (9, 3));
        byte[] expected = File.ReadAllBytes(Path);
        SpectraWriter writer = Begin(0);
        foreach ((long step, double value) in ((long, double)[])[(0, 1), (3, 2), (9, 3)])
        {
            Append(writer, step, value);
            writer.Flush(Path, toDisk: step == 3);
        }

        Assert.Equal(expected, File.ReadAllBytes(Path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(10)]
    public void A_run_that_goes_on_from_a_checkpoint_has_the_bytes_of_one_that_was_not_interrupted(long checkpoint)
    {
        (long, double)[] all = [(0, 1), (3, 2), (9, 3)];
        Write(all);
        byte[] expected = File.ReadAllBytes(Path);
        SpectraWriter writer = Begin(checkpoint);
        Assert.Equal(
            all.Count(record => record.Item1 < checkpoint), SpectraTable.Read(Path).Records.Count);
        foreach ((long step, double value) in all.Where(record => record.Item1 >= checkpoint))
            Append(writer, step, value);
        writer.Flush(Path, toDisk: true);
        Assert.Equal(expected, File.ReadAllBytes(Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_spectra_of_the_last_step_again_replace_it(bool isFlushed)
    {
        SpectraWriter writer = Begin(0);
        Append(writer, 0, 1);
        Append(writer, 5, 2);
        if (isFlushed)
            writer.Flush(Path, toDisk: false);
        Append(writer, 5, 4);
        writer.Flush(Path, toDisk: false);
        Assert.Equal([(0, 1.0), (5, 4.0)], SpectraTable.Read(Path).Records.Select(record => (record.Step, record.Rows[0][0])));
    }

    [Fact]
    public void A_record_that_is_not_counted_yet_is_no_part_of_the_file()
    {
        Write((0, 1), (3, 2));
        using (FileStream stream = new(Path, FileMode.Append))
            stream.Write(new byte[48 + 7]);
        Assert.Equal([0L, 3L], SpectraTable.Read(Path).Records.Select(record => record.Step));
    }

    [Theory]
    [InlineData("'<i8'", "'<i4'")]
    [InlineData("(2,)", "(9,)")]
    [InlineData("l0.hidden", "l0.branch")]
    [InlineData("'shape': (2,)", "'shape': (3,)")]
    [InlineData("l0.branch", "../branch")]
    public void A_header_of_anything_else_is_refused(string written, string odd)
    {
        Write((0, 1), (3, 2));
        string text = Encoding.Latin1.GetString(File.ReadAllBytes(Path));
        Assert.Contains(written, text, StringComparison.Ordinal);
        File.WriteAllBytes(Path, Encoding.Latin1.GetBytes(text.Replace(written, odd, StringComparison.Ordinal)));
        Assert.StartsWith(
            $"{Path}: must be a file of records as Kappa writes them, but ",
            Assert.Throws<BadInputException>(() => SpectraTable.Read(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_parts_than_those_of_the_file_are_refused()
    {
        Write((0, 1));
        Assert.Contains(
            "must have the parts of this run but has others",
            Assert.Throws<BadInputException>(() => Begin(2).Append(Path, 2, [("l0.output", 1, new double[] { 1 })])).Message,
            StringComparison.Ordinal);
    }

    private SpectraWriter Begin(long step) => SpectraWriter.Continue(Path, step);

    private void Write(params (long Step, double Value)[] records)
    {
        SpectraWriter writer = Begin(0);
        foreach ((long step, double value) in records)
            Append(writer, step, value);
        writer.Flush(Path, toDisk: false);
    }

    // The last part has a value less than there could be.
    private void Append(SpectraWriter writer, long step, double value) => writer.Append(
        Path, step,
        [("l0.branch", 2, new[] { value, -0.0 }), ("l0.hidden", 3, new[] { double.PositiveInfinity, 1e-300 })]);
}
