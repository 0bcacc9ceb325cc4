using Kappa.Certificates.Ball;
using Kappa.Certificates.Enclosures;
using Kappa.Numerics;

namespace Kappa.Certificates.Path;

/// <summary>Bounds of one intermediate matrix Z(θ) [M, k] that hold on a whole ball of weights: of
/// its value and of its first and second derivatives, per row where that pays (C.15).</summary>
/// <remarks>
/// The last index of every derivative is a pseudo-block: the input of the block of the model being bounded, with radius 0 (C.17). Norms of
/// derivatives are from Frobenius to Frobenius norm.
/// </remarks>
internal sealed class LocalBound
{
    /// <summary>Bounds that are all zero: the intermediate is constant.</summary>
    /// <param name="centre">Z(θ_0) [M, k].</param>
    /// <param name="blocks">B, without the pseudo-block.</param>
    public LocalBound(EnclosedMatrix centre, int blocks)
    {
        int rows = centre.Values.Rows;
        Centre = centre;
        First = new UpperBound[blocks + 1];
        FirstRows = [.. Enumerable.Range(0, blocks + 1).Select(_ => new UpperBound[rows])];
        Second = new UpperBound[blocks + 1, blocks + 1];
        RowChange = new UpperBound[rows];
        RowNorm = new UpperBound[rows];
    }

    /// <summary>Z(θ_0) [M, k], as it was computed and with its error.</summary>
    public EnclosedMatrix Centre { get; }

    /// <summary>ℓ_b ≥ sup ‖∂Z/∂W_b‖ [B + 1].</summary>
    public UpperBound[] First { get; }

    /// <summary>ℓ_{b,r} ≥ sup ‖∂z_r/∂W_b‖ [B + 1][M].</summary>
    public UpperBound[][] FirstRows { get; }

    /// <summary>q_bc ≥ sup of the second derivative in blocks b and c [B + 1, B + 1], symmetric.</summary>
    public UpperBound[,] Second { get; }

    /// <summary>sup ‖Z − Ẑ‖ for the doubles Ẑ of the centre: how far Z can
    /// move, plus their error (C.39); after <see cref="Close"/>.</summary>
    public UpperBound Change { get; private set; }

    /// <summary>sup ‖z_r − ẑ_r‖ [M], likewise; after <see cref="Close"/>.</summary>
    public UpperBound[] RowChange { get; }

    /// <summary>‖Ẑ‖₂.</summary>
    public UpperBound CentreNorm { get; private set; }

    /// <summary>v ≥ sup ‖Z‖₂; after <see cref="Close"/>.</summary>
    public UpperBound Norm => CentreNorm + Change;

    /// <summary>v_r ≥ sup ‖z_r‖ [M]; after <see cref="Close"/>.</summary>
    public UpperBound[] RowNorm { get; }

    /// <summary>Makes the first derivatives consistent with each other and takes centre plus radius (C.15).</summary>
    /// <param name="ball">The ball.</param>
    /// <param name="centreNorm">‖Ẑ‖₂.</param>
    public LocalBound Close(ParameterBall ball, UpperBound centreNorm)
    {
        CentreNorm = centreNorm;
        for (int b = 0; b < First.Length; b++)
        {
            // ‖∂Z‖ ≤ (Σ_r ‖∂z_r‖²)^½ and ‖∂z_r‖ ≤ ‖∂Z‖.
            First[b] = UpperBound.Min(First[b], UpperBound.Norm(FirstRows[b]));
            LimitRows(b);
        }

        Change = ball.Reach(First) + Centre.Error;
        var row = new UpperBound[First.Length];
        for (int r = 0; r < RowChange.Length; r++)
        {
            for (int b = 0; b < row.Length; b++)
            {
                row[b] = FirstRows[b][r];
            }

            RowChange[r] = UpperBound.Min(ball.Reach(row) + Centre.RowError[r], Change);
            RowNorm[r] = UpperBound.Norm(Centre.Values.Row(r)) + RowChange[r];
        }

        return this;
    }

    /// <summary>ℓ_{b,r} ← min(ℓ_{b,r}, ℓ_b).</summary>
    public void LimitRows(int block)
    {
        UpperBound[] rows = FirstRows[block];
        for (int r = 0; r < rows.Length; r++)
        {
            rows[r] = UpperBound.Min(rows[r], First[block]);
        }
    }

    /// <summary>q_bc and q_cb ← q_bc + value.</summary>
    public void AddSecond(int b, int c, UpperBound value)
    {
        Second[b, c] += value;
        if (b != c)
        {
            Second[c, b] += value;
        }
    }

    /// <summary>The same matrix as the input of the next block: the pseudo-block
    /// has derivative 1, second derivatives enter by composition (C.17).</summary>
    public LocalBound AsBlockInput(bool isVariable)
    {
        var input = new LocalBound(Centre, First.Length - 1) { CentreNorm = CentreNorm, Change = Change };
        First.CopyTo(input.First, 0);
        for (int b = 0; b < First.Length; b++)
        {
            FirstRows[b].CopyTo(input.FirstRows[b], 0);
        }

        RowChange.CopyTo(input.RowChange, 0);
        RowNorm.CopyTo(input.RowNorm, 0);
        if (isVariable)
        {
            input.First[^1] = 1;
            Array.Fill(input.FirstRows[^1], 1);
        }

        return input;
    }

    /// <summary>Takes the pseudo-block out again.</summary>
    public void DropBlockInput()
    {
        int pseudo = First.Length - 1;
        First[pseudo] = 0;
        Array.Clear(FirstRows[pseudo]);
        for (int b = 0; b <= pseudo; b++)
        {
            Second[b, pseudo] = 0;
            Second[pseudo, b] = 0;
        }
    }
}
