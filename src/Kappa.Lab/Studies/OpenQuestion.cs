namespace Kappa.Lab.Studies;

/// <summary>A question that a paper leaves open, with what was measured: an answer, and no verdict.</summary>
/// <param name="Id">Stable identifier, used in claims.json.</param>
/// <param name="Question">The question in one sentence.</param>
/// <param name="Answer">What was found, with the decisive numbers.</param>
/// <param name="Measurements">Every number behind the answer.</param>
internal sealed record OpenQuestion(string Id, string Question, string Answer, IReadOnlyList<Measurement> Measurements);
