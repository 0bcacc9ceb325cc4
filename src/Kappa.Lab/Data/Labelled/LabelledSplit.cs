namespace Kappa.Lab.Data.Labelled;

/// <summary>Samples to train on and others to test on; no sample is in both.</summary>
/// <param name="Train">What training sees.</param>
/// <param name="Test">What only the test sees.</param>
internal sealed record LabelledSplit<T>(T Train, T Test);
