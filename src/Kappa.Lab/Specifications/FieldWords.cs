namespace Kappa.Lab.Specifications;

/// <summary>The words that other programs and papers use for what a specification says, each with the keys that mean it here.</summary>
internal static class FieldWords
{
    private static readonly (string Words, string[] Keys, string Note)[] Table =
    [
        ("lr, learningRate, eta, alpha, stepLength", ["descent.stepSize"], ""),
        ("layers, nLayers, numLayers, nLayer, numHiddenLayers, blocks, nBlocks", ["model.depth"], ""),
        ("nHeads, nHead, numHeads, numAttentionHeads, attentionHeads", ["model.heads"], ""),
        ("optimizer, optimiser, optim, algorithm, solver", ["descent.method"], "Its values are gradientDescent, momentum and adam."),
        ("wd, l2, l2Regularization, regularization", ["descent.weightDecay"], ""),
        (
            "gradClip, clipGrad, clipNorm, maxGradNorm, gradientClipping, clipValue", ["descent.gradientClip"],
            "It cuts the norm of the whole gradient."),
        (
            "dropout, dropoutRate, pDrop, attnDropout, attentionDropout, ffnDropout, dropPath", [],
            "Kappa has no dropout: what a step does is decided by the specification alone. Leave it out."),
        (
            "normFirst, preNorm, postNorm, layerNorm, useLayerNorm, rmsNorm, normType", ["model.norm", "model.normKind"],
            "norm=pre is what others call norm_first=True."),
        ("layerNormEps, rmsNormEps, normEps, layerNormEpsilon", ["model.normEpsilon"], ""),
        ("elementwiseAffine, normAffine", ["model.normParameters"], ""),
        ("causal, isCausal, attnMask, attentionMask, srcMask, isDecoder", ["model.mask"], "mask=causal hides what comes later."),
        ("keyPaddingMask, srcKeyPaddingMask, paddingMask", ["model.masksPadding"], ""),
        ("useBias, biases, qkvBias, attentionBias, ffnBias, projBias", ["model.bias"], "Its values are false, true, attention and ffn."),
        (
            "posEncoding, posEmbedding, posEmb, positionalEncoding, positionEmbedding, positionalEmbedding, positionEncoding",
            ["model.positions"], ""),
        (
            "vocabSize, nVocab, numEmbeddings, vocab", ["data.source", "model.embedding"],
            "How many identifiers there are follows from the source."),
        ("inputDim, inFeatures, inputSize, dIn", ["model.inputWidth"], ""),
        ("outputDim, outFeatures, dOut, numClasses, nClasses, numLabels", ["model.readoutWidth"], ""),
        ("lmHead, classifierHead, unembedding", ["model.readout", "model.readoutWidth"], ""),
        ("outProj, wO, outputProjection, useOutputProjection", ["model.outputMatrix"], ""),
        ("pool, pooler, globalPool, poolingType", ["model.pooling"], ""),
        ("criterion, lossFn, lossFunction, objective", ["model.loss"], "Its values are squaredError and crossEntropy."),
        ("reduction", ["model.lossReduction"], ""),
        ("attentionType, attnType, attentionKernel", ["model.kernel"], ""),
        ("bandwidth, kernelWidth", ["model.temperature"], "It is one over the squared bandwidth."),
        ("model, modelType, arch, architecture", ["model.kind"], ""),
        ("momentum, adam, sgd", ["descent.method"], "Its values are gradientDescent, momentum and adam."),
        ("init, initializer, initialiser, initialization, weightInit", ["initialisation.scheme", "initialisation.encoderStart"], ""),
        ("initScale, initStd, weightScale", ["initialisation.gain"], ""),
        (
            "initFrom, startFrom, resumeFrom, resume, checkpoint, ckpt, checkpointPath, pretrained, pretrainedModel, fromPretrained, "
                + "loadFrom, loadWeights, initCheckpoint, initWeights, warmStart, finetuneFrom, weights",
            ["initialisation.from"], "It begins a new run; kappa run --resume RUN goes on with an interrupted one."),
        ("batch, minibatch, nBatch", ["descent.batchSize"], ""),
        ("residual, residuals, skip, skipConnection, residualScale", ["model.attentionResidual", "model.ffnResidual"], ""),
        ("dModel, modelDim, dim, hiddenSize, embedDim, embeddingDim, nEmbd, d", ["model.width"], ""),
        (
            "hidden, hiddenDim, hiddenWidth", ["model.width", "model.ffnWidth"],
            "The first is that of a token, the second that inside the feed-forward part."),
        ("dFf, ffnDim, dimFeedforward, mlpDim, mlpWidth, intermediateSize, ffnHidden", ["model.ffnWidth"], ""),
        ("dK, dKey, headDim, keyDim, queryWidth", ["model.keyWidth"], ""),
        ("dV, valueDim", ["model.valueWidth"], ""),
        ("seqLen, seqLength, sequenceLength, contextLength, context, nTokens, numTokens, maxLen, length", ["data.tokens"], ""),
        ("nSamples, numSamples, datasetSize, trainSize, nTrain", ["data.samples"], ""),
        ("testSize, nTest", ["data.testSamples"], ""),
        ("dataset, task", ["data.source"], ""),
        (
            "epochs, epoch, nEpochs, numEpochs", ["descent.steps"],
            "An epoch is samples/batchSize steps, and one step where every step sees all samples."),
        ("iterations, iters, nIter, maxIter, maxSteps, numSteps, nSteps, trainSteps", ["descent.steps"], ""),
        ("warmupSteps, warmupIters", ["descent.warmUp"], ""),
        ("schedule, scheduler, lrDecay, lrSchedule", ["descent.decay"], ""),
        ("tolerance, tol, gradTol", ["descent.gradientTolerance"], ""),
        ("targetLoss, lossTolerance", ["descent.lossFloor"], ""),
        ("dtype, floatType, doublePrecision", ["descent.precision"], ""),
        ("tau, temp, attentionScale, logitScale", ["model.temperature"], ""),
        ("act, actFn, activationFunction, nonlinearity, hiddenAct", ["model.activation"], ""),
        ("negativeSlope, leak", ["model.activationSlope"], ""),
        ("randomSeed, randomState, rngSeed", ["seed"], ""),
        ("logEvery, logInterval, evalEvery", ["telemetry.every"], ""),
        ("saveEvery, ckptEvery, saveInterval", ["telemetry.checkpointEvery"], ""),
    ];

    private static readonly Dictionary<string, (SpecificationKey[] Keys, string Note)> Known = Table
        .SelectMany(row =>
            row.Words.Split(", ").Select(word =>
                (Word: Plain(word), Keys: row.Keys.Select(path => SpecificationKeys.Find(path)!).ToArray(), row.Note)))
        .ToDictionary(row => row.Word, row => (row.Keys, row.Note), StringComparer.Ordinal);

    /// <summary>Every word of the table, as it is written there.</summary>
    public static IEnumerable<string> All => Table.SelectMany(row => row.Words.Split(", "));

    /// <summary>The keys that a word of the field means, whatever its letter case, hyphens
    /// and underscores; none when it is no such word, or means what is not there.</summary>
    public static IReadOnlyList<SpecificationKey> Find(string word) => Known.TryGetValue(Plain(word), out var found) ? found.Keys : [];

    /// <summary>A hint to append to a message, with a leading blank; nothing when it is no such word.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="shown">How a key is to be written there.</param>
    public static string Hint(string word, Func<SpecificationKey, string> shown)
    {
        if (!Known.TryGetValue(Plain(word), out var found))
            return "";
        if (found.Keys.Length == 0)
            return $" {found.Note}";
        string keys = string.Join(" or ", found.Keys.Select(key => $"'{shown(key)}'"));
        return $" Did you mean {keys}?{(found.Note.Length > 0 ? $" {found.Note}" : "")}";
    }

    private static string Plain(string word) =>
        word.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();
}
