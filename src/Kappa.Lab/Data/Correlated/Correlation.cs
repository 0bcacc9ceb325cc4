namespace Kappa.Lab.Data.Correlated;

/// <summary>How the correlation of two members depends on their places.</summary>
internal enum CorrelationStructure
{
    /// <summary>Any two are equally correlated: Σ = (1 − r) I + r 11ᵀ.</summary>
    Exchangeable,

    /// <summary>Neighbours are correlated most: Σ_ij = r^|i−j|, a first-order autoregression.</summary>
    Autoregressive,
}

/// <summary>A correlation r in [0, 1) between the members of a group: a
/// linear map L with L Lᵀ = Σ, applied to independent members.</summary>
/// <param name="Structure">Which Σ.</param>
/// <param name="Strength">r; 0 leaves every bit as it is.</param>
internal readonly record struct Correlation(CorrelationStructure Structure, double Strength)
{
    /// <summary>Refuses a correlation outside [0, 1).</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is.</exception>
    internal void Validate(string name)
    {
        if (!(Strength >= 0 && Strength < 1))
        {
            throw new ArgumentOutOfRangeException(
                name, Strength, $"A correlation must be at least 0 and below 1 but {name} is {Strength}.");
        }
    }

    /// <summary>Replaces rows first, first + step, … of a matrix, column by column, by L times themselves.</summary>
    /// <param name="rows">The matrix.</param>
    /// <param name="first">First row of the group.</param>
    /// <param name="count">Members n.</param>
    /// <param name="step">Rows from one member to the next.</param>
    internal void Apply(in Matrix rows, int first, int count, int step)
    {
        if (Strength == 0)
        {
            return;
        }

        for (int column = 0; column < rows.Columns; column++)
        {
            if (Structure == CorrelationStructure.Exchangeable)
            {
                MixWithMean(rows, first, count, step, column);
            }
            else
            {
                Recur(rows, first, count, step, column);
            }
        }
    }

    /// <summary>1ᵀΣ1/n², the variance of the mean of n members of variance 1.</summary>
    internal double VarianceOfMean(int count)
    {
        double sum = count;
        for (int lag = 1; lag < count; lag++)
        {
            sum += 2.0 * (count - lag) * (Structure == CorrelationStructure.Exchangeable ? Strength : Math.Pow(Strength, lag));
        }

        return sum / ((double)count * count);
    }

    // L = Σ^½: √(1 − r) on what sums to zero, √(1 − r + n r) on the mean.
    private void MixWithMean(in Matrix rows, int first, int count, int step, int column)
    {
        double mean = 0;
        for (int k = 0; k < count; k++)
        {
            mean += rows[first + (k * step), column];
        }

        mean /= count;
        (double across, double along) = (Math.Sqrt(1 - Strength), Math.Sqrt(1 - Strength + (count * Strength)));
        for (int k = 0; k < count; k++)
        {
            ref double value = ref rows[first + (k * step), column];
            value = (across * value) + ((along - across) * mean);
        }
    }

    // L: x_1 = g_1, x_i = r x_{i−1} + √(1 − r²) g_i.
    private void Recur(in Matrix rows, int first, int count, int step, int column)
    {
        double fresh = Math.Sqrt(1 - (Strength * Strength));
        for (int k = 1; k < count; k++)
        {
            rows[first + (k * step), column] = (Strength * rows[first + ((k - 1) * step), column])
                + (fresh * rows[first + (k * step), column]);
        }
    }
}
