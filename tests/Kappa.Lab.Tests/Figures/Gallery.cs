using Kappa.Lab.Figures;
using Kappa.Lab.Reports;

namespace Kappa.Lab.Tests.Figures;

/// <summary>Figures of every kind, ordinary and extreme, that the tests draw and that are looked at by eye.</summary>
internal static class Gallery
{
    internal static IEnumerable<Figure> All() =>
        [LossCurves(), ConditionNumbers(), ScatterWithFit(), LayersBySteps(), Medians(), PredictedAgainstMeasured(), .. Extremes()];

    internal static IEnumerable<Figure> Extremes() =>
        [
            OnePoint(), AllEqual(), VastRange(), NothingToDraw(), LongSeries(), LongLabels(), TwelveSeries(), Hostile(), Gaps(),
            new Figure("empty", "No panels")];

    internal static Figure LossCurves(FigurePreset preset = FigurePreset.TwoColumn)
    {
        var figure = new Figure("loss", "Loss of residual and plain attention under one step size",
            "Five seeds; line: median, band: minimum to maximum. Depth 2, N = 4, n = 4, d = 32, tokens and targets N(0, 1/d); η = "
                + "0.5/λ_max. Dashed black: robust fit of ln ℒ on steps 100–400.")
        {
            Preset = preset,
        };
        foreach (var data in (string[])["Gaussian tokens", "text"])
        {
            var axes = figure.AddPanel(data, Axis.Whole("step k"), Axis.Log("loss ℒ / ℒ₀"));
            Arm(axes, "residual", 0.02, 0, data.Length);
            Arm(axes, "no residual", 0.004, 3e-3, data.Length + 7);
            _ = axes.Fit(-0.02, 0.1, "slope −0.0200 [−0.0211, −0.0190] per step", from: 100, to: 400);
        }

        return figure;
    }

    internal static Figure ConditionNumbers()
    {
        var figure = new Figure(
            "condition", "κ of the attention output, before and after the residual",
            "Layer 1 of 2, median over five seeds.")
        { Preset = FigurePreset.Column };
        var axes = figure.AddPanel("", Axis.Whole("step k"), Axis.Log("κ = σ_max / σ_min"));
        var steps = Steps(400);
        _ = axes.Line("attention branch", steps, steps.Select(k => 1e6 * Math.Exp(0.01 * k) * (1 + (0.3 * Math.Sin(k / 9)))).ToArray());
        _ = axes.Line("attention output", steps, steps.Select(k => 20 + (5 * Math.Sin(k / 40))).ToArray());
        _ = axes.HorizontalLine(1 / 2.2e-16, "1/ε: nothing can be resolved above").VerticalLine(212, "first step with κ > 10^7");
        return figure;
    }

    internal static Figure ScatterWithFit()
    {
        var figure = new Figure(
            "scatter", "Rate against the smallest singular value",
            "One point per run, 40 runs; line: least squares in logarithms with its 95 % band.")
        { Preset = FigurePreset.Column };
        var axes = figure.AddPanel("", Axis.Log("σ_min of the attention output at step 0"), Axis.Log("rate per step"));
        var random = new Random(3);
        var xs = Enumerable.Range(0, 40).Select(_ => Math.Exp(-4 + (4 * random.NextDouble()))).ToArray();
        var ys = xs.Select(x => Math.Exp(-5 + (0.42 * Math.Log(x)) + (1.2 * (random.NextDouble() - 0.5)))).ToArray();
        _ = axes.Scatter("runs", xs, ys).Fit(
            0.42, -5, "slope 0.42 [0.30, 0.54], R² 0.61", interval: new FitInterval(-2, 0.13, 0.12), of: "runs");
        return figure;
    }

    internal static Figure LayersBySteps()
    {
        var figure = new Figure(
            "layers", "Smallest singular value by layer and step", "One seed; before (left) and after (right) the residual is added.");
        var (steps, layers) = (Steps(3000), new double[] { 1, 2, 3, 4, 5, 6 });
        foreach (var after in (bool[])[false, true])
        {
            var values = new double[layers.Length, steps.Length];
            for (var layer = 0; layer < layers.Length; layer++)
            {
                for (var k = 0; k < steps.Length; k++)
                    values[layer, k] = after ? 0.5 + (0.1 * Math.Sin(k / 200.0) * layer) : Math.Exp(-0.004 * k * layers[layer] / 2) * 0.3;
            }

            values[2, 40] = double.NaN;
            _ = figure.AddPanel(
                after ? "attention output" : "attention branch", Axis.Whole("step k"),
                Axis.Whole("layer")).HeatMap(steps, layers, values, "σ_min");
        }

        return figure;
    }

    internal static Figure Medians()
    {
        var figure = new Figure(
            "medians", "Steps to reach a relative loss of 10^-2", "Median, whiskers: minimum to maximum over five seeds.");
        string[] settings = ["depth 1, Gaussian", "depth 2, Gaussian", "depth 4, teacher with its own seed", "depth 8, text"];
        _ = figure.AddPanel("horizontal", Axis.Log("steps T(10^-2)"), Axis.Categories(""))
            .Intervals(settings, [120, 300, 900, 2500], [90, 200, 700, 1800], [160, 420, 1500, 3300], "residual")
            .Intervals(
                settings, [310, 4000, 9000, double.NaN], [250, 3000, 8800, double.NaN], [500, 9000, double.NaN, double.NaN], "no residual");
        _ = figure.AddPanel("vertical", Axis.Categories("setting"), Axis.Linear("ratio"))
            .Intervals(settings, [2.5, 13, 10, 4], [2, 9, 8, 3], [3, 20, 12, 6], "no residual / residual")
            .HorizontalLine(3, "refuted above 3");
        return figure;
    }

    internal static Figure PredictedAgainstMeasured()
    {
        var figure = new Figure(
            "predicted", "Predicted and measured rate", "Bound R.9 against the fitted rate.")
        { Preset = FigurePreset.Slide };
        var axes = figure.AddPanel("", Axis.Log("predicted rate per step"), Axis.Log("measured rate per step")).Identity();
        foreach (var name in (string[])["Gaussian", "teacher", "text"])
        {
            var random = new Random(name.Length);
            var xs = Enumerable.Range(0, 12).Select(_ => Math.Pow(10, -5 + (3 * random.NextDouble()))).ToArray();
            _ = axes.Scatter(name, xs, xs.Select(x => x * (1 + (8 * random.NextDouble()))).ToArray());
        }

        return figure;
    }

    internal static Report SampleReport()
    {
        var report = new Report("Does the residual connection decide how fast gradient descent converges?")
            .Verdict(BadgeTone.Positive, "holds", "With residuals gradient descent converges linearly at depth 2 in 5 of 5 seeds.")
            .Verdict(
                BadgeTone.Negative, "refuted",
                "Without them it is not slower at depth 1: the ratio of median steps is 1.07 [0.98, 1.21], not ≥ 3.")
            .Lead("Everything below was measured on one machine in 14 s; σ_min is that of the attention output.");
        report.Footer = "Kappa 0.1.0, specification 3f9a…, double precision, 2 threads.";
        _ = report.Section("What was asked").Paragraph(
            "Claim C.1: with residual connections the loss decreases linearly. A slope that bends <b>refutes</b> it & so does a floor.")
            .Definitions([("κ", "σ_max / σ_min of the stacked attention output, [N·n, d]"), ("T(10^-2)", "first step with ℒ ≤ 10^-2 ℒ₀")]);
        _ = report.Section("What came out")
            .Table(["claim", "measured", "95 % interval", "refuted when", "verdict"],
            [
                [new Cell("linear rate, depth 2"), "0.0200", "[0.0190, 0.0211]", "R² < 0.99", new Cell("holds", BadgeTone.Positive)],
                [new Cell("ratio T, depth 1"), "1.07", "[0.98, 1.21]", "ratio < 3", new Cell("refuted", BadgeTone.Negative)],
                [new Cell("stall level, depth 8"), "–", "–", "outside 1 ± 0.02", new Cell("undecided", BadgeTone.Undecided)],
            ], "Claims and what was measured, five seeds each.")
            .Figure(LossCurves()).Figure(ScatterWithFit()).Figure(LayersBySteps());
        var again = report.Section("How to run it again").Code("kappa reproduce residual --quick --seeds 5");
        _ = again.Details("All runs").Table(["run", "steps", "end loss"], [["a1", "400", "1.2e-9"], ["a2", "400", "3.4e-9"]])
            .Figure(LossCurves());
        return report;
    }

    private static Figure OnePoint()
    {
        var figure = new Figure("one-point", "One point", "A single step.");
        _ = figure.AddPanel("linear", Axis.Linear("x"), Axis.Linear("y")).Line("a", [3], [7]);
        _ = figure.AddPanel("logarithmic", Axis.Linear("x"), Axis.Log("y")).Line("a", [3], [7]);
        return figure;
    }

    private static Figure AllEqual()
    {
        var figure = new Figure("all-equal", "All values equal");
        _ = figure.AddPanel("zero", Axis.Linear("x"), Axis.Linear("y")).Line("a", Steps(5), new double[5]);
        _ = figure.AddPanel("1e-9 apart", Axis.Linear("x"), Axis.Linear("y")).Line("a", Steps(5), [1, 1 + 1e-9, 1, 1 + 2e-9, 1]);
        _ = figure.AddPanel(
            "logarithmic, 0.1 % apart", Axis.Linear("x"), Axis.Log("y")).Line("a", Steps(5), [0.02, 0.02001, 0.02, 0.02002, 0.02]);
        return figure;
    }

    private static Figure VastRange()
    {
        var figure = new Figure("vast", "From 1e-300 to 1e300");
        double[] xs = [1, 2, 3, 4, 5], ys = [1e-300, 1e-100, 1, 1e100, 1e300];
        _ = figure.AddPanel("logarithmic", Axis.Linear("x"), Axis.Log("y")).Line("a", xs, ys);
        _ = figure.AddPanel("linear", Axis.Linear("x"), Axis.Linear("y")).Line("a", xs, ys);
        _ = figure.AddPanel("whole range of double", Axis.Linear("x"), Axis.Linear("y"))
            .Line("a", [1, 2, 3], [-double.MaxValue, 0, double.MaxValue]);
        _ = figure.AddPanel("subnormal", Axis.Linear("x"), Axis.Linear("y")).Line("a", [1, 2, 3], [0, double.Epsilon, 3 * double.Epsilon]);
        return figure;
    }

    private static Figure NothingToDraw()
    {
        var figure = new Figure("nothing", "All values are NaN", "A run that diverged at once.");
        _ = figure.AddPanel("", Axis.Whole("step k"), Axis.Log("loss ℒ")).Line(
            "diverged", Steps(10), [.. Enumerable.Repeat(double.NaN, 10)]);
        return figure;
    }

    private static Figure LongSeries()
    {
        var figure = new Figure(
            "long-series", "A series of 10^5 points keeps its two spikes",
            "White noise, one spike up and one down.")
        { Preset = FigurePreset.Column };
        var random = new Random(5);
        var ys = Steps(100_000).Select(_ => 1 + (0.2 * random.NextDouble())).ToArray();
        (ys[33_333], ys[66_666]) = (2, 0.3);
        _ = figure.AddPanel("", Axis.Whole("step k"), Axis.Linear("y")).Line("noise", Steps(100_000), ys);
        return figure;
    }

    private static Figure LongLabels()
    {
        const string sentence =
            "the singular values of the attention output after the residual connection has been added, relative to those of the tokens";
        var figure = new Figure(
            "long-labels", "A title that is very long because it says everything that one would rather read in the caption: " + sentence,
            sentence + ". " + sentence + ".")
        { Preset = FigurePreset.Column };
        _ = figure.AddPanel("Panel: " + sentence, Axis.Linear("x: " + sentence), Axis.Linear("y: " + sentence))
            .Line(sentence, Steps(5), Steps(5)).HorizontalLine(2, sentence);
        _ = figure.AddPanel("", Axis.Categories(""), Axis.Linear("y")).Intervals(
            [sentence, "a-very-long-word-without-any-spaces-in-it", "short"], [1, 2, 3], [0, 1, 2], [2, 3, 4], "seeds");
        _ = figure.AddPanel("", Axis.Linear("y"), Axis.Categories("")).Intervals(
            [sentence, "a-very-long-word-without-any-spaces-in-it", "short"], [1, 2, 3], [0, 1, 2], [2, 3, 4], "seeds");
        return figure;
    }

    private static Figure TwelveSeries()
    {
        var figure = new Figure("twelve", "Twelve series", "Colour, dash and marker together tell them apart.");
        foreach (var title in (string[])["lines", "lines with markers"])
        {
            var axes = figure.AddPanel(title, Axis.Linear("x"), Axis.Linear("y"));
            for (var i = 1; i <= 12; i++)
                _ = axes.Line(
                    $"layer {i}", Steps(9), Steps(9).Select(k => Math.Sin((k + i) / 2) + (i * 0.1)).ToArray(),
                    title == "lines" ? null : SeriesStyle.Marked);
        }

        return figure;
    }

    internal static Figure Hostile()
    {
        const string text =
            "<script>alert(\"1\")</script> & ]]> '%$#_^~\\{}\u0001\ud800\u202e 日本語 emoji 🙂 \\input{/etc/passwd}\nsecond line";
        var figure = new Figure("hostile", text, text);
        var axes = figure.AddPanel(text, Axis.Linear(text), Axis.Log(text));
        _ = axes.Line(text, [1, 2], [3, 4]).Fit(1, 1, text).HorizontalLine(3, text);
        _ = figure.AddPanel(text, Axis.Categories(text), Axis.Linear(text)).Intervals([text, "b"], [1, 2], [0, 1], [2, 3], text);
        return figure;
    }

    private static Figure Gaps()
    {
        var figure = new Figure("gaps", "Gaps where a value is not positive or not finite") { Preset = FigurePreset.Column };
        _ = figure.AddPanel("", Axis.Linear("x"), Axis.Log("y")).Line(
            "a", Steps(9), [1, 2, 0, 4, double.NaN, 3, -1, 2, double.PositiveInfinity])
            .Band("a", Steps(9), [0.5, 1, 1, 0, 2, 2, 1, 1, 1], [2, 4, 4, 8, 8, 6, 4, 4, 4]).HorizontalLine(-1, "below zero");
        return figure;
    }

    internal static double[] Steps(int count) => [.. Enumerable.Range(0, count).Select(k => (double)k)];

    private static void Arm(Axes axes, string name, double rate, double floor, int seed)
    {
        var (steps, random) = (Steps(600), new Random(seed));
        var runs = Enumerable.Range(0, 5).Select(_ =>
        {
            var own = rate * (0.9 + (0.2 * random.NextDouble()));
            return steps.Select(k => Math.Exp(-own * k) + floor).ToArray();
        }).ToArray();
        double[] At(Func<double[], double> pick) => [.. steps.Select((_, k) => pick([.. runs.Select(r => r[k]).Order()]))];
        _ = axes.Band(name, steps, At(v => v[0]), At(v => v[^1]));
        foreach (var run in runs) _ = axes.Line(name, steps, run, SeriesStyle.Thin);
        _ = axes.Line(name, steps, At(v => v[2]));
    }
}
