using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Spectral norms of what one block computes at θ_0.</summary>
/// <param name="Inputs">‖Z_i‖₂ of each sample [N].</param>
/// <param name="Attention">max_i ‖A_i‖₂; √n, which bounds it, where the input is constant and it is not used.</param>
/// <param name="Mixed">‖A Z‖₂ of the stacked rows.</param>
/// <param name="AttentionOutput">‖H‖₂.</param>
/// <param name="Hidden">‖Φ‖₂.</param>
internal sealed record LayerNorms(double[] Inputs, double Attention, double Mixed, double AttentionOutput, double Hidden);

/// <summary>Everything that the bounds on a ball need to know about its centre θ_0: spectral norms, and the smallest singular values of the last block. Computed once a point.</summary>
/// <remarks>Singular values by the orthogonal route (P.1), the smallest ones rounded down (<see cref="Outward.Down"/>) and 0 where the shape has none.</remarks>
internal sealed class CentreNorms
{
    private readonly Dictionary<(int Rows, int Columns), SingularValues> _workspaces = [];

    /// <summary>Computes them.</summary>
    /// <param name="point">The point, its forward pass done.</param>
    public CentreNorms(TrainingPoint point)
    {
        ResidualTransformer model = point.Model;
        LayerView last = model.Layer(point.Shape.Depth - 1);
        (double hidden, HiddenFloor) = RowSide(last.Hidden);
        (double attentionOutput, AttentionOutputFloor) = RowSide(last.AttentionOutput);
        (LastOutput, LastOutputFloor) = point.Weights.Readout is null ? (0, 0) : RowSide(last.Output);
        Parameters = [.. point.Weights.Layout.Blocks.Select(block => ColumnSide(point.Weights[block]).Largest)];
        FfnOutFloor = ColumnSide(point.Weights.Block(point.Shape.Depth - 1).FfnOut).Smallest;
        ReadoutFloor = point.Weights.Readout is Matrix readout ? ColumnSide(readout).Smallest : 1;
        Layers = new LayerNorms[point.Shape.Depth];
        for (int l = 0; l < Layers.Length; l++)
        {
            LayerView layer = model.Layer(l);
            bool isLast = l == Layers.Length - 1;
            Layers[l] = new LayerNorms(
                EachSample(layer.Input, model),
                l == 0 ? Math.Sqrt(model.Tokens) : EachSample(layer.Attention, model).Max(),
                NormOfMixed(layer, model.Samples),
                isLast ? attentionOutput : RowSide(layer.AttentionOutput).Largest,
                isLast ? hidden : RowSide(layer.Hidden).Largest);
        }
    }

    /// <summary>‖W_b⁰‖₂ in layout order.</summary>
    public double[] Parameters { get; }

    /// <summary>The blocks' intermediate matrices.</summary>
    public LayerNorms[] Layers { get; }

    /// <summary>‖Z^L‖₂; 0 without readout, where it is not used.</summary>
    public double LastOutput { get; }

    /// <summary>σ_M(Φ) of the last block; 0 when m &lt; M.</summary>
    public double HiddenFloor { get; }

    /// <summary>σ_M(H) of the last block; 0 when d &lt; M.</summary>
    public double AttentionOutputFloor { get; }

    /// <summary>σ_M(Z^L) with a readout; 0 when d &lt; M or without readout.</summary>
    public double LastOutputFloor { get; }

    /// <summary>σ_d(W_2) of the last block; 0 when m &lt; d.</summary>
    public double FfnOutFloor { get; }

    /// <summary>σ_{d_out}(W_U); 0 when d &lt; d_out, 1 without readout.</summary>
    public double ReadoutFloor { get; }

    /// <summary>Whether every norm is a finite number.</summary>
    public bool AreFinite =>
        Parameters.All(double.IsFinite) && double.IsFinite(LastOutput)
        && Layers.All(layer => layer.Inputs.All(double.IsFinite) && double.IsFinite(layer.Attention + layer.Mixed + layer.AttentionOutput + layer.Hidden));

    private double NormOfMixed(LayerView layer, int samples)
    {
        Matrix mixed = Matrix.Allocate(layer.Input.Rows, layer.Input.Columns);
        Products.MultiplyEach(samples, layer.Attention, layer.Input, mixed);
        return RowSide(mixed).Largest;
    }

    private double[] EachSample(Matrix stacked, ResidualTransformer model)
    {
        double[] norms = new double[model.Samples];
        for (int i = 0; i < norms.Length; i++)
        {
            norms[i] = RowSide(stacked.RowRange(i * model.Tokens, model.Tokens)).Largest;
        }

        return norms;
    }

    // σ_max and σ_rows.
    private (double Largest, double Smallest) RowSide(in Matrix matrix) => Extremes(matrix, matrix.Rows);

    // σ_max and σ_columns.
    private (double Largest, double Smallest) ColumnSide(in Matrix matrix) => Extremes(matrix, matrix.Columns);

    private (double Largest, double Smallest) Extremes(in Matrix matrix, int count)
    {
        if (!_workspaces.TryGetValue((matrix.Rows, matrix.Columns), out SingularValues? workspace))
        {
            workspace = new SingularValues(matrix.Rows, matrix.Columns);
            _workspaces.Add((matrix.Rows, matrix.Columns), workspace);
        }

        double[] values = new double[Math.Min(matrix.Rows, matrix.Columns)];
        workspace.Compute(matrix, values);
        return (values[0], values.Length < count ? 0 : Outward.Down(values[count - 1], values[0], matrix.Rows));
    }
}
