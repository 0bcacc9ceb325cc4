using Kappa.Lab.Store;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Store;

public sealed class TelemetryTests : IDisposable
{
    private static readonly string[] Columns = ["step", "loss", "l0.output.sigmaMin"];

    private readonly TemporaryFolder _folder = new();

    private string File => _folder.At("telemetry.csv");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_are_invariant_shortest_numbers_on_lines_of_their_own()
    {
        using (var writer = TelemetryWriter.Create(File, Columns))
        {
            writer.Append([0, 0.1, double.NaN]);
            writer.Append([2, 1e-300, double.NegativeInfinity]);
            writer.Append([1e15, -0.0, double.Epsilon]);
        }

        Assert.Equal(
            "step,loss,l0.output.sigmaMin\n0,0.1,NaN\n2,1E-300,-Infinity\n1000000000000000,-0,5E-324\n", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void What_is_written_reads_back_to_the_same_bits()
    {
        var random = new RandomSequence(1, "telemetry");
        var rows = new List<double[]>();
        using (var writer = TelemetryWriter.Create(File, Columns))
        {
            for (int step = 0; step < 3000; step++)
            {
                rows.Add(
                    [
                        step, BitConverter.UInt64BitsToDouble(random.Block(step).First),
                        BitConverter.UInt64BitsToDouble(random.Block(step).Second)]);
                writer.Append(rows[^1]);
            }
        }

        TelemetryTable table = TelemetryReader.Read(File);
        Assert.Equal(Columns, table.Columns);
        Assert.Null(table.Note);
        Assert.Equal(3000, table.Rows);
        for (int column = 0; column < 3; column++)
        {
            // Every NaN reads back as the one NaN; other numbers keep their bits.
            Assert.Equal(
                rows.Select(row => double.IsNaN(row[column]) ? double.NaN : row[column]).Select(BitConverter.DoubleToInt64Bits),
                table[Columns[column]].ToArray().Select(BitConverter.DoubleToInt64Bits));
        }
    }

    [Fact]
    public void A_row_of_longest_numbers_fits_its_batch()
    {
        string[] columns = ["step", .. Enumerable.Range(0, 5000).Select(k => $"c{k}")];
        double[] row = [.. Enumerable.Range(0, 5001).Select(k => k % 2 == 0 ? -2.2250738585072014E-308 : -2.2250738585072024E-308)];
        using (var writer = TelemetryWriter.Create(File, columns))
        {
            for (int step = 0; step < 5; step++)
            {
                row[0] = step;
                writer.Append(row);
            }
        }

        Assert.Equal(5, TelemetryReader.Read(File).Rows);
    }

    [Fact]
    public void Equal_neighbours_in_a_row_are_written_each()
    {
        string[] columns = ["step", .. Enumerable.Range(0, 9).Select(k => $"c{k}")];
        using (var writer = TelemetryWriter.Create(File, columns))
        {
            writer.Append([0, 0, 0.1, 0.1, 0.1, 0.25, -0.0, 0, double.NaN, double.NaN]);
            writer.Append([1, 1, 1, 0.1, 1, 1, 12.5, 12.5, 0, 0]);
        }

        Assert.Equal(
            "0,0,0.1,0.1,0.1,0.25,-0,0,NaN,NaN\n1,1,1,0.1,1,1,12.5,12.5,0,0\n",
            string.Join('\n', System.IO.File.ReadAllText(File).Split('\n')[1..]));
    }

    [Fact]
    public void Appending_allocates_nothing()
    {
        using var writer = TelemetryWriter.Create(File, Columns);
        double[] row = [0, 0.123456789, 1e-9];
        writer.Append(row);
        writer.Flush();
        long before = GC.GetAllocatedBytesForCurrentThread();

        // Enough for several batches.
        for (int step = 1; step < 10_000; step++)
        {
            row[0] = step;
            writer.Append(row);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Rows_are_visible_to_others_after_a_flush_and_not_before()
    {
        using var writer = TelemetryWriter.Create(File, Columns);
        writer.Append([0, 1, 2]);
        Assert.Equal(0, TelemetryReader.Read(File).Rows);
        writer.Flush();
        Assert.Equal(1, TelemetryReader.Read(File).Rows);
    }

    [Fact]
    public void The_bytes_do_not_depend_on_when_rows_were_flushed()
    {
        string often = _folder.At("often.csv");
        Write(File, 0, 100, flushEvery: 1000);
        Write(often, 0, 100, flushEvery: 1);
        Assert.Equal(System.IO.File.ReadAllBytes(File), System.IO.File.ReadAllBytes(often));
    }

    [Theory]
    [InlineData("")]
    [InlineData("4")]
    [InlineData("40,0.1")]
    [InlineData("40,0.1,3")]
    [InlineData("\0\0\0\0")]
    public void A_torn_last_line_is_left_out_and_said_so(string torn)
    {
        Write(File, 0, 3);
        System.IO.File.AppendAllText(File, torn);
        TelemetryTable table = TelemetryReader.Read(File);
        Assert.Equal(3, table.Rows);
        Assert.Equal(torn.Length == 0 ? null : "Line 5 is torn (it has no line end) and was left out.", table.Note);
    }

    [Theory]
    [InlineData("step,loss,l0.output.sigmaMin\n0,1,2\n1,2\n2,3,4\n", ":3: a row must have 3 numbers but has 2. The file is damaged.")]
    [InlineData("step,loss,l0.output.sigmaMin\n0,1,2\n1,two,3\n", ":3: a row must have numbers but has 'two'. The file is damaged.")]
    [InlineData("step,loss,l0.output.sigmaMin\n0,1,\n", ":2: a row must have numbers but has ''. The file is damaged.")]
    [InlineData(
        "step,loss,l0.output.sigmaMin\n0,1,2\n\n1,2,3\n", ":3: the step must be an integer above 0 but is ''. The file is damaged.")]
    [InlineData("step,loss,l0.output.sigmaMin\n5,1,2\n5,1,2\n", ":3: the step must be an integer above 5 but is '5'. The file is damaged.")]
    [InlineData("step,loss,l0.output.sigmaMin\n0.5,1,2\n", ":2: the step must be an integer but is '0.5'. The file is damaged.")]
    [InlineData("step,loss,l0.output.sigmaMin\nNaN,1,2\n", ":2: the step must be an integer but is 'NaN'. The file is damaged.")]
    [InlineData("", ": must begin with a line of column names but has none. The run was interrupted before it recorded anything.")]
    [InlineData("step,lo", ": must begin with a line of column names but has none. The run was interrupted before it recorded anything.")]
    [InlineData("loss,step\n", ":1: the first column must be 'step' but is 'loss'. The file is damaged or not telemetry.")]
    [InlineData("step,loss,loss\n", ":1: each column must occur once but 'loss' occurs 2 times. The file is damaged or not telemetry.")]
    [InlineData(
        "step,a b\n",
        ":1: a column must have a name of at most 200 letters, digits, dots, underscores and hyphens that begins with a letter, but "
            + "one is 'a b'. The file is damaged or not telemetry.")]
    [InlineData(
        "step,../loss\n",
        ":1: a column must have a name of at most 200 letters, digits, dots, underscores and hyphens that begins with a letter, but "
            + "one is '../loss'. The file is damaged or not telemetry.")]
    public void Damage_elsewhere_is_an_error_with_its_line(string text, string expected)
    {
        System.IO.File.WriteAllText(File, text);
        Assert.Equal(File + expected, Assert.Throws<BadInputException>(() => TelemetryReader.Read(File)).Message);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.EndsWith(
            "telemetry.csv: no such file; the run has recorded nothing yet.",
            Assert.Throws<BadInputException>(() => TelemetryReader.Read(File)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_line_without_end_does_not_fill_the_memory()
    {
        System.IO.File.WriteAllText(File, "step," + new string('a', 5_000_000));
        Assert.EndsWith(
            ":1: a line must have at most 4194304 bytes but has more. The file is damaged or not telemetry.",
            Assert.Throws<BadInputException>(() => TelemetryReader.Read(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_bytes_give_a_table_or_bad_input_and_never_another_exception()
    {
        Write(File, 0, 20);
        byte[] valid = System.IO.File.ReadAllBytes(File);
        byte[] pieces = [.. "0123456789.,-eENa\n\r\0 \"\u00FF"u8];
        int read = 0;
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new RandomSequence(seed, "telemetry");
            byte[] bytes = [.. valid.AsSpan(0, (int)random.Below(0, valid.Length + 1))];
            for (int k = 0; k < random.Below(1, 4) && bytes.Length > 0; k++)
                bytes[random.Below(2 + (2 * k), bytes.Length)] = pieces[random.Below(3 + (2 * k), pieces.Length)];
            try
            {
                _ = TelemetryReader.Read("f", new MemoryStream(bytes));
                read++;
            }
            catch (BadInputException error)
            {
                Assert.StartsWith("f:", error.Message, StringComparison.Ordinal);
            }
        }

        Assert.InRange(read, 100, 1900);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 0)]
    [InlineData(49, 0)]
    [InlineData(7, 30)]
    [InlineData(7, 1)]
    [InlineData(-1, 0)]
    public void A_resumed_run_has_the_bytes_of_an_uninterrupted_one(int checkpoint, int torn)
    {
        string whole = _folder.At("whole.csv");
        Write(whole, 0, 80);
        Write(File, 0, 50);
        using (FileStream stream = System.IO.File.OpenWrite(File))
            stream.SetLength(checkpoint == 49 ? stream.Length : stream.Length - torn);
        using (var writer = TelemetryWriter.Continue(File, Columns, checkpoint))
        {
            Assert.Equal(checkpoint < 0 ? null : checkpoint, writer.LastStep);
            Append(writer, checkpoint + 1, 80, 13);
        }

        Assert.Equal(System.IO.File.ReadAllBytes(whole), System.IO.File.ReadAllBytes(File));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("step,lo")]
    public void Telemetry_that_was_never_begun_is_begun_on_resuming(string? text)
    {
        if (text is not null)
            System.IO.File.WriteAllText(File, text);
        using (var writer = TelemetryWriter.Continue(File, Columns, -1))
            writer.Append([0, 1, 2]);
        Assert.Equal("step,loss,l0.output.sigmaMin\n0,1,2\n", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void Resuming_with_other_columns_is_refused_and_changes_nothing()
    {
        Write(File, 0, 5);
        byte[] before = System.IO.File.ReadAllBytes(File);
        Assert.EndsWith(
            ":1: must have the 2 columns of this run but column 3 is 'l0.output.sigmaMin' and not 'absent'. Run the experiment again "
                + "under another label.",
            Assert.Throws<BadInputException>(() => TelemetryWriter.Continue(File, ["step", "loss"], 2)).Message,
            StringComparison.Ordinal);
        Assert.Equal(before, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public void A_row_that_does_not_fit_is_the_callers_mistake()
    {
        using var writer = TelemetryWriter.Create(File, Columns);
        writer.Append([3, 0, 0]);
        Assert.StartsWith(
            "A row must have 3 numbers but has 2.", Assert.Throws<ArgumentException>(() => writer.Append([4, 0])).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "The step must be an integer above 3 but is 3.", Assert.Throws<ArgumentException>(() => writer.Append([3, 0, 0])).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "The step must be an integer above 3 but is NaN.",
            Assert.Throws<ArgumentException>(() => writer.Append([double.NaN, 0, 0])).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "the first column must be 'step' but is 'loss'.",
            Assert.Throws<ArgumentException>(() => TelemetryWriter.Create(_folder.At("x"), ["loss"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50, true)]
    [InlineData(5000, false)]
    public void A_full_disk_keeps_whole_lines_says_so_once_and_takes_half_a_line_back(int rows, bool thenFlush)
    {
        using var disk = new SmallDisk(room: 300);
        var writer = new TelemetryWriter("telemetry.csv", disk, 3, double.NegativeInfinity);
        Append(writer, 0, 5, flushEvery: 1);
        string before = disk.Text;
        BadInputException error = Assert.Throws<BadInputException>(() => Append(writer, 5, rows, flushEvery: 100_000, thenFlush));
        Assert.Equal(
            "telemetry.csv: writing failed (No space left on device). What was recorded before is kept; free space on the disk and "
                + "resume the run.",
            error.Message);
        Assert.Equal(before, disk.Text);
        Assert.Equal(
            "Nothing can be appended after a write that failed. Continue the file from the last checkpoint.",
            Assert.Throws<InvalidOperationException>(() => writer.Append([10_000, 0, 0])).Message);
        writer.Dispose();
        Assert.Equal(before, disk.Text);
    }

    [Fact]
    public void A_column_that_does_not_exist_is_named_with_the_nearest()
    {
        Write(File, 0, 2);
        TelemetryTable table = TelemetryReader.Read(File);
        Assert.True(table.Has("loss"));
        Assert.Contains(
            "must have a column 'los' but has none among its 3. Did you mean 'loss'?",
            Assert.Throws<BadInputException>(() => table["los"].Length).Message, StringComparison.Ordinal);
    }

    private static void Write(string path, int from, int to, int flushEvery = 10)
    {
        using var writer = TelemetryWriter.Create(path, Columns);
        Append(writer, from, to, flushEvery);
    }

    private static void Append(TelemetryWriter writer, int from, int to, int flushEvery, bool thenFlush = false)
    {
        for (int step = from; step < to; step++)
        {
            writer.Append([step, Math.Exp(-step / 7.0), Math.Sqrt(step)]);
            if (step % flushEvery == flushEvery - 1)
                writer.Flush();
        }

        if (thenFlush)
            writer.Flush();
    }
}
