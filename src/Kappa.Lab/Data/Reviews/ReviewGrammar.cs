using System.Globalization;

namespace Kappa.Lab.Data.Reviews;

/// <summary>The sentences of the stand-in reviews: our own words and patterns.</summary>
internal static class ReviewGrammar
{
    private static readonly string[] Subjects =
    [
        "the story", "the lead actor", "the camera work", "the score", "the dialogue", "the second half", "the ending", "the pacing",
        "the villain", "the opening scene", "the humour", "the editing", "the cast", "the script", "the long chase", "the last act",
    ];

    private static readonly string[][] Adjectives =
    [
        [
            "dull", "clumsy", "hollow", "tiresome", "bland", "careless", "stale", "muddled", "lifeless", "shallow", "awkward", "weak",
            "dreary", "forced"],
        [
            "warm", "witty", "tender", "gripping", "graceful", "vivid", "honest", "charming", "clever", "moving", "superb", "strong",
            "lively", "fresh"],
    ];

    private static readonly string[][] Verdicts =
    [
        [
            "I wanted my evening back.", "I left before the credits.", "Nobody in the room laughed.", "Spare yourself the ticket.",
            "I would not sit through it again.", "My friends fell asleep."],
        [
            "I would gladly watch it again.", "I stayed until the last credit.", "The whole room laughed.", "Do buy a ticket.",
            "I could sit through it twice.", "My friends were wide awake."],
    ];

    private static readonly string[] Degrees = ["", "", "really ", "quite ", "so ", "rather "];
    private static readonly string[] Negations = ["not", "never", "far from", "hardly", "anything but"];
    private static readonly string[] Days = ["Monday", "Tuesday", "Thursday", "Friday", "Sunday"];
    private static readonly string[] Companions = ["my sister", "two colleagues", "my neighbour", "an old friend", "the children"];
    private static readonly string[] Places = [
        "a harbour town", "a mountain village", "a night train", "an empty hotel", "a city in the north", "a lighthouse"];
    private static readonly string[] Trades = ["baker", "clockmaker", "pilot", "teacher", "painter", "nurse", "postman", "fisherman"];
    private static readonly string[] Objects = [
        "a lost letter", "her brother", "a stolen violin", "the last ferry", "an old map", "a missing dog"];

    /// <summary>A sentence that takes a side: 0 against the film, 1 for it.</summary>
    internal static string Opinion(int side, RandomDraws draws)
    {
        if (draws.Chance(0.2))
        {
            return draws.Choose(Verdicts[side]);
        }

        // "Not dull" praises: the word alone does not tell the side, its neighbour does.
        bool negated = draws.Chance(0.3);
        string quality = negated
            ? $"{draws.Choose(Negations)} {draws.Choose(Adjectives[1 - side])}"
            : draws.Choose(Degrees) + draws.Choose(Adjectives[side]);
        string subject = draws.Choose(Subjects);
        return draws.Below(4) switch
        {
            0 => $"I found {subject} {quality}.",
            1 => $"{Capital(subject)} felt {quality} from start to finish.",
            2 => $"To my mind {subject} is {quality}.",
            _ => $"{Capital(subject)} is {quality}.",
        };
    }

    /// <summary>A sentence that takes no side.</summary>
    internal static string Neutral(RandomDraws draws) => draws.Below(6) switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"It runs for {80 + draws.Below(70)} minutes."),
        1 => $"I saw it on a {draws.Choose(Days)} with {draws.Choose(Companions)}.",
        2 => $"The film is set in {draws.Choose(Places)}.",
        3 => $"The plot follows a {draws.Choose(Trades)} who looks for {draws.Choose(Objects)}.",
        4 => $"There is a {draws.Choose(Trades)}, a {draws.Choose(Trades)} and {draws.Choose(Objects)}.",
        _ => $"Most of it takes place in {draws.Choose(Places)}.",
    };

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
