namespace Kappa.Lab.Data.Labelled;

/// <summary>Labelled sequences of identifiers, for models that embed tokens: texts byte by byte, pictures pixel by pixel.</summary>
internal interface ILabelledSequences
{
    /// <summary>N.</summary>
    int Count { get; }

    /// <summary>n, identifiers a sample, padding included.</summary>
    int Length { get; }

    /// <summary>Number of identifiers, padding included: every one is 0 … Vocabulary − 1.</summary>
    int Vocabulary { get; }

    /// <summary>Number of classes.</summary>
    int Classes { get; }

    /// <summary>The class of each sample, 0 … Classes − 1.</summary>
    ReadOnlySpan<int> Labels { get; }

    /// <summary>One line that says where the data come from, with every number needed to make them again.</summary>
    string Description { get; }

    /// <summary>SHA-256 of sizes, content and labels in lower-case hexadecimal.</summary>
    string Fingerprint { get; }

    /// <summary>Writes the identifiers of a sample and returns how many of them are content; the rest is padding.</summary>
    /// <param name="sample">0 … N − 1.</param>
    /// <param name="identifiers">[Length].</param>
    int CopyIdentifiers(int sample, Span<int> identifiers);
}
