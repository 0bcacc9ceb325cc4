using Kappa.Lab.Data;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The loss at which descent ends when the output cannot tell the tokens of a sample apart.</summary>
internal static class StallLevel
{
    /// <summary>½ Σ_i ‖Y_i − 1ȳ_iᵀ‖², ȳ_i the mean target of sample i: the least
    /// loss of an output that is constant over each sample's tokens.</summary>
    public static double Of(TokenData data)
    {
        int tokens = data.Tokens;
        double sum = 0;
        for (int sample = 0; sample < data.Samples; sample++)
        {
            Matrix targets = data.Targets.RowRange(sample * tokens, tokens);
            for (int column = 0; column < targets.Columns; column++)
            {
                double mean = 0;
                for (int token = 0; token < tokens; token++)
                {
                    mean += targets[token, column] / tokens;
                }

                for (int token = 0; token < tokens; token++)
                {
                    sum += (targets[token, column] - mean) * (targets[token, column] - mean);
                }
            }
        }

        return 0.5 * sum;
    }
}
