using Kappa.Models;
using Kappa.Tests.Models;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace Kappa.Tests.Certificates;

/// <summary>ℓ(F) and q(F) on a product ball as the theory page writes them, line by line with unit vectors,
/// from norms taken sample by sample. Slow and obvious; every block trained, no readout.</summary>
internal static class PlainBallBounds
{
    public static (Vector<double> First, Matrix<double> Second) Of(ModelCase model, double[] radii)
    {
        ResidualTransformerShape shape = model.Shape;
        var samples = Enumerable.Range(0, model.Samples)
            .Select(i => PlainResidualTransformer.Forward(shape, model.Weights, Sample(model, i))).ToList();
        int blocks = BlockIndices.CountOf(shape.Depth);
        Vector<double> c = DenseVector.OfArray(radii), zFirst = new DenseVector(blocks);
        Matrix<double> zSecond = new DenseMatrix(blocks, blocks);
        double tau = Math.Abs(shape.LogitScale), a = shape.Activation.DerivativeBound,
            curvature = shape.Activation.SecondDerivativeBound!.Value;
        for (int l = 0; l < shape.Depth; l++)
        {
            var layer = samples.ConvertAll(blocksOf => blocksOf[l]);
            var at = BlockIndices.Of(l, shape.Depth);
            Vector<double> eQ = E(at.Query), eK = E(at.Key), eV = E(at.Value), e1 = E(at.FfnIn), e2 = E(at.FfnOut);
            BlockWeights w = model.Weights.Block(l);
            double q = Norm(w.Query) + c[at.Query], k = Norm(w.Key) + c[at.Key], v = Norm(w.Value) + c[at.Value],
                w1 = Norm(w.FfnIn) + c[at.FfnIn], w2 = Norm(w.FfnOut) + c[at.FfnOut];

            // (C.6)
            double[] each = [.. layer.Select(block => Norm(block.Z) + (zFirst * c))];
            double z = each.Max(), s = Math.Sqrt(each.Sum(x => Math.Pow(x, 4)));
            Vector<double> sFirst = tau * ((s * ((k * eQ) + (q * eK))) + (2 * z * q * k * zFirst));
            Matrix<double> sSecond = tau * (
                (s * Pair(eQ, eK)) + (2 * z * k * Pair(eQ, zFirst)) + (2 * z * q * Pair(eK, zFirst))
                + (q * k * ((2 * z * zSecond) + Pair(zFirst, zFirst))));

            // (C.5)
            Vector<double> aFirst = 0.5 * sFirst;
            Matrix<double> aSecond = (0.5 * sSecond) + sFirst.OuterProduct(sFirst);
            double vA = Math.Min(Math.Sqrt(model.Tokens), layer.Max(block => Norm(block.A)) + (aFirst * c));

            // (C.6, C.3)
            Vector<double> gFirst = (z * aFirst) + (vA * zFirst);
            Matrix<double> gSecond = (z * aSecond) + Pair(aFirst, zFirst) + (vA * zSecond);
            double vG = Norm(Stack(layer.Select(block => Times(block.A, block.Z)))) + (gFirst * c),
                rhoA = Math.Abs(shape.AttentionResidual), rhoF = Math.Abs(shape.FfnResidual);
            Vector<double> hFirst = (rhoA * zFirst) + (v * gFirst) + (vG * eV);
            Matrix<double> hSecond = (rhoA * zSecond) + (v * gSecond) + Pair(gFirst, eV);
            double vH = Norm(Stack(layer.Select(block => block.H))) + (hFirst * c);

            // (C.3, C.4)
            Vector<double> pFirst = (w1 * hFirst) + (vH * e1), phiFirst = a * pFirst;
            Matrix<double> phiSecond = (a * ((w1 * hSecond) + Pair(hFirst, e1))) + (curvature * pFirst.OuterProduct(pFirst));
            double vPhi = Norm(Stack(layer.Select(block => block.Phi))) + (phiFirst * c);
            zFirst = (rhoF * hFirst) + (w2 * phiFirst) + (vPhi * e2);
            zSecond = (rhoF * hSecond) + (w2 * phiSecond) + Pair(phiFirst, e2);
        }

        return (zFirst, zSecond);

        Vector<double> E(int index) => DenseVector.Create(blocks, b => b == index ? 1 : 0);
    }

    private static Matrix<double> Pair(Vector<double> x, Vector<double> y) => x.OuterProduct(y) + y.OuterProduct(x);

    private static double Norm(Matrix matrix) => Norm(PlainResidualTransformer.Of(matrix));

    private static double Norm(double[,] matrix) => DenseMatrix.OfArray(matrix).L2Norm();

    private static double[,] Times(double[,] a, double[,] b) => (DenseMatrix.OfArray(a) * DenseMatrix.OfArray(b)).ToArray();

    private static double[,] Stack(IEnumerable<double[,]> samples) =>
        samples.Select(sample => (Matrix<double>)DenseMatrix.OfArray(sample)).Aggregate((top, bottom) => top.Stack(bottom)).ToArray();

    private static double[,] Sample(ModelCase model, int i) =>
        PlainResidualTransformer.Of(model.Inputs.RowRange(i * model.Tokens, model.Tokens));
}
