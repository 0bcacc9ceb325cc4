using Kappa.Models;
using Kappa.Spectra;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class KernelForecastTests
{
    private static readonly ResidualTransformerShape Wide = new() { Width = 64, FfnWidth = 256 };

    [Fact]
    public void A_kernel_of_two_thousand_outputs_goes_in_full_within_a_gibibyte()
    {
        KernelForecast forecast = KernelForecast.Of(Wide, samples: 8, tokens: 4, TrainedSet.All);
        Assert.Equal((KernelRoute.Full, 2048L, 45056L), (forecast.Route, forecast.Outputs, forecast.Parameters));

        // By hand: 2·45056·2048² = 3.78e11, 8·2048³/3 = 2.3e10, and three rounds of 2048 transposed products of 4·32·45568 = 5.8e6.
        Assert.Equal(4.365e11, forecast.Full.Flops, 1e9);
        Assert.Equal(forecast.Full.Flops / 1e10, forecast.Full.Seconds, 1e-9);
        Assert.Equal(JacobianSpectrum.ForecastBytes(2048, 45056), forecast.Full.Bytes);
        Assert.InRange(forecast.Full.Bytes, 256 << 20, 400 << 20);
    }

    [Fact]
    public void What_does_not_fit_in_full_goes_matrix_free_or_is_refused_with_what_to_do()
    {
        KernelForecast large = KernelForecast.Of(Wide, samples: 64, tokens: 4, TrainedSet.All);
        Assert.Equal(KernelRoute.MatrixFree, large.Route);
        Assert.Contains("MiB where 1024 MiB are allowed", large.Reason, StringComparison.Ordinal);

        KernelForecast slow = KernelForecast.Of(Wide, samples: 8, tokens: 4, TrainedSet.All, new KernelBudget { Seconds = 10 });
        Assert.Equal(KernelRoute.MatrixFree, slow.Route);
        Assert.Contains("takes about 44 s where 10 s are allowed", slow.Reason, StringComparison.Ordinal);

        KernelForecast none = KernelForecast.Of(Wide, samples: 64, tokens: 4, TrainedSet.All, new KernelBudget { Bytes = 1 << 20 });
        Assert.Equal(KernelRoute.Neither, none.Route);
        Assert.Contains("fewer samples", none.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', none.Reason);
    }

    [Fact]
    public void The_full_route_that_is_forecast_to_fit_is_not_refused_and_the_other_is()
    {
        var @case = new ModelCase(new ResidualTransformerShape { Width = 8, FfnWidth = 12 }, samples: 4, tokens: 4);
        using ResidualTransformer model = @case.NewModel();
        long bytes = KernelForecast.Of(@case.Shape, 4, 4, TrainedSet.All).Full.Bytes;
        _ = JacobianSpectrum.Of(model, @case.Weights, TrainedSet.All, bytes);
        _ = Assert.Throws<ArgumentException>(() => JacobianSpectrum.Of(model, @case.Weights, TrainedSet.All, bytes - 1));
        Assert.Equal(
            KernelRoute.MatrixFree,
            KernelForecast.Of(@case.Shape, 4, 4, TrainedSet.All, new KernelBudget { Bytes = bytes - 1, Products = 10 }).Route);
    }

    [Fact]
    public void The_memory_of_the_matrix_free_route_is_what_its_vectors_take()
    {
        // 6000 outputs and 6300 parameters that do not exhaust 100 products of
        // an unreachable tolerance: the vectors are nearly all of the memory.
        var @case = new ModelCase(new ResidualTransformerShape { Width = 10, FfnWidth = 300 }, samples: 150, tokens: 4);
        using ResidualTransformer model = @case.NewModel();
        var options = new LanczosOptions { MaximumProducts = 100, Tolerance = 1e-30 };
        _ = KernelExtremes.Of(model, @case.Weights, TrainedSet.All, options);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(100, KernelExtremes.Of(model, @case.Weights, TrainedSet.All, options).Products);
        long reserved = GC.GetAllocatedBytesForCurrentThread() - before;

        // Beside the vectors there are the small matrices of each look, which
        // are garbage at once: 44 looks of 100 numbers, a few copies each.
        long forecast = KernelForecast.Of(@case.Shape, 150, 4, TrainedSet.All, new KernelBudget { Products = 100 }).MatrixFree.Bytes;
        Assert.InRange(reserved, 0.9 * forecast, forecast + (44 * 12 * 8 * 100));
    }

    [Fact]
    public void Few_trained_parameters_make_the_full_route_cheap()
    {
        KernelForecast forecast = KernelForecast.Of(Wide with { KeyWidth = 2 }, samples: 64, tokens: 4, TrainedSet.Of(ParameterKind.Query));
        Assert.Equal((KernelRoute.Full, 128L), (forecast.Route, forecast.Parameters));
        Assert.InRange(forecast.Full.Bytes, 0, 10 << 20);
    }

    [Fact]
    public void Sizes_and_rates_that_make_no_sense_are_refused()
    {
        _ = Assert.Throws<ArgumentOutOfRangeException>("samples", () => KernelForecast.Of(Wide, 0, 4, TrainedSet.All));
        _ = Assert.Throws<ArgumentOutOfRangeException>("tokens", () => KernelForecast.Of(Wide, 1, 0, TrainedSet.All));
        _ = Assert.Throws<ArgumentException>(
            "budget", () => KernelForecast.Of(Wide, 1, 1, TrainedSet.All, new KernelBudget { FlopsPerSecond = 0 }));
        _ = Assert.Throws<ArgumentException>(() => KernelForecast.Of(Wide, 1, 1, TrainedSet.Of(ParameterKind.Readout)));
    }
}
