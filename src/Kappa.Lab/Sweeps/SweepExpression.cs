using System.Globalization;
using System.Text.RegularExpressions;

namespace Kappa.Lab.Sweeps;

/// <summary>What is wrong with an expression. One line.</summary>
internal sealed class ExpressionException(string message) : Exception(message);

/// <summary>
/// An expression over keys: numbers, words, <c>or and not</c>, comparisons, <c>+ - * / % ^</c>,
/// brackets, and <c>min max abs sqrt floor ceil round log2</c>. It can compute and nothing else:
/// no loops, no calls out, at most 1000 characters and 64 nested brackets.
/// </summary>
internal sealed partial class SweepExpression
{
    private const int Longest = 1000;
    private const int Deepest = 64;
    private static readonly string[] Words = ["or", "and", "not", "true", "false"];
    private static readonly string[] Comparisons = ["==", "!=", "<=", ">=", "<", ">"];

    private readonly string[] _tokens;
    private readonly Func<string, object> _valueOf;
    private int _next;
    private int _depth;

    private SweepExpression(string[] tokens, Func<string, object> valueOf) => (_tokens, _valueOf) = (tokens, valueOf);

    private string Current => _next < _tokens.Length ? _tokens[_next] : "";

    /// <summary>The value: a double, a bool or a text.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="valueOf">The value of a name: a double, a bool or a text.</param>
    /// <exception cref="ExpressionException">It is not an expression, or it has no value.</exception>
    public static object Evaluate(string text, Func<string, object> valueOf) => Evaluate(Split(text), valueOf);

    /// <summary>The value of an expression that was split before: a sweep of many runs evaluates it once for each.</summary>
    /// <param name="tokens">From <see cref="Split"/>.</param>
    /// <param name="valueOf">The value of a name: a double, a bool or a text.</param>
    /// <exception cref="ExpressionException">It is not an expression, or it has no value.</exception>
    public static object Evaluate(string[] tokens, Func<string, object> valueOf)
    {
        var expression = new SweepExpression(tokens, valueOf);
        object value = expression.Or();
        return expression._next == expression._tokens.Length
            ? value
            : throw new ExpressionException($"'{expression.Current}' is one word too many");
    }

    /// <summary>The value of a condition.</summary>
    public static bool Holds(string[] tokens, Func<string, object> valueOf) =>
        Evaluate(tokens, valueOf) is bool holds
            ? holds
            : throw new ExpressionException("must be true or false, such as 'width >= depth', but is a value");

    /// <summary>The names that the expression asks the values of, in order.</summary>
    /// <param name="tokens">From <see cref="Split"/>.</param>
    public static IEnumerable<string> Names(string[] tokens) =>
        tokens.Where((token, at) =>
            char.IsAsciiLetter(token[0]) && !Words.Contains(token) && (at + 1 == tokens.Length || tokens[at + 1] != "(")).Distinct();

    /// <summary>The words, numbers and signs of an expression.</summary>
    /// <exception cref="ExpressionException">A letter of it has no meaning, or it is too long.</exception>
    public static string[] Split(string text)
    {
        if (text.Length > Longest)
            throw new ExpressionException($"must have at most {Longest} characters but has {text.Length}");
        var tokens = new List<string>();
        for (int at = 0; at < text.Length;)
        {
            Match match = Token().Match(text, at);
            if (!match.Success || match.Length == 0)
                throw Meaningless(text, at + text[at..].TakeWhile(char.IsWhiteSpace).Count());
            if (match.Groups["token"].Success)
                tokens.Add(match.Groups["token"].Value);
            at += match.Length;
        }

        return [.. tokens];
    }

    private static ExpressionException Meaningless(string text, int at)
    {
        string instead = text[at] switch
        { '=' => "; equality is '=='", '&' => "; write 'and'", '|' => "; write 'or'", '!' => "; write 'not'", _ => "" };
        return new($"has '{text[at]}' at character {at + 1}, which has no meaning there{instead}");
    }

    private object Or()
    {
        object left = And();
        while (Take("or"))
            left = Truth(left) | Truth(And());
        return left;
    }

    private object And()
    {
        object left = Not();
        while (Take("and"))
            left = Truth(left) & Truth(Not());
        return left;
    }

    private object Not() => Take("not") ? Nested(() => !Truth(Not())) : Comparison();

    private object Comparison()
    {
        object left = Sum();
        string comparison = Current;
        if (!Comparisons.Contains(comparison))
            return left;
        _next++;
        object right = Sum();
        return comparison switch
        {
            "==" => Same(left, right),
            "!=" => !Same(left, right),
            "<" => Number(left) < Number(right),
            "<=" => Number(left) <= Number(right),
            ">" => Number(left) > Number(right),
            _ => Number(left) >= Number(right),
        };
    }

    private object Sum()
    {
        object left = Product();
        while (Current is "+" or "-")
            left = Tokens() == "+" ? Number(left) + Number(Product()) : Number(left) - Number(Product());
        return left;
    }

    private object Product()
    {
        object left = Sign();
        while (Current is "*" or "/" or "%")
        {
            string operation = Tokens();
            double a = Number(left), b = Number(Sign());
            if (operation != "*" && b == 0)
                throw new ExpressionException("divides by zero");
            left = operation switch { "*" => a * b, "/" => a / b, _ => a % b };
        }

        return left;
    }

    private object Sign() => Take("-") ? Nested(() => -Number(Sign())) : Power();

    // The exponent binds to the right: 2^3^2 is 2^9.
    private object Power()
    {
        object value = Atom();
        return Take("^") ? Nested(() => Math.Pow(Number(value), Number(Sign()))) : value;
    }

    private object Atom()
    {
        string token = Tokens();
        if (token == "(")
            return Nested(() => Closed(Or()));
        if (token.Length == 0)
            throw new ExpressionException("ends too early");
        if (char.IsAsciiDigit(token[0]) || token[0] == '.')
            return double.Parse(token, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (token[0] is '\'' or '"')
            return token[1..^1];
        if (!char.IsAsciiLetter(token[0]))
            throw new ExpressionException($"'{token}' stands where a value must stand");
        return Take("(") ? Nested(() => Call(token)) : token is "true" or "false" ? token == "true" : _valueOf(token);
    }

    private double Call(string function)
    {
        var arguments = new List<double> { Number(Sum()) };
        while (Take(","))
            arguments.Add(Number(Sum()));
        _ = Closed(true);
        return (function, arguments.Count) switch
        {
            ("min", _) => arguments.Min(),
            ("max", _) => arguments.Max(),
            ("abs", 1) => Math.Abs(arguments[0]),
            ("sqrt", 1) => Math.Sqrt(arguments[0]),
            ("floor", 1) => Math.Floor(arguments[0]),
            ("ceil", 1) => Math.Ceiling(arguments[0]),
            ("round", 1) => Math.Round(arguments[0], MidpointRounding.AwayFromZero),
            ("log2", 1) => Math.Log2(arguments[0]),
            _ =>
                throw new ExpressionException(
                    $"knows no function '{function}' of {arguments.Count} values; there are min, max, abs, sqrt, floor, ceil, round, log2"),
        };
    }

    private object Closed(object value) => Take(")") ? value : throw new ExpressionException("a bracket is not closed");

    private object Nested(Func<object> inner)
    {
        if (++_depth > Deepest)
            throw new ExpressionException($"must have at most {Deepest} levels of brackets and signs but has more");
        object value = inner();
        _depth--;
        return value;
    }

    private string Tokens()
    {
        string token = Current;
        _next++;
        return token;
    }

    private bool Take(string token)
    {
        bool isNext = Current == token;
        _next += isNext ? 1 : 0;
        return isNext;
    }

    private static bool Same(object left, object right) => left.GetType() == right.GetType()
        ? left.Equals(right)
        : throw new ExpressionException($"compares '{left}' with '{right}', which are of different kinds");

    private static bool Truth(object value) =>
        value is bool truth ? truth : throw new ExpressionException($"'{value}' stands where true or false must stand");

    private static double Number(object value) =>
        value is double number ? number : throw new ExpressionException($"'{value}' stands where a number must stand");

    [GeneratedRegex(
        @"\G\s*(?<token>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)?|'[^']*'|"
            + @"""[^""]*""|==|!=|<=|>=|[-+*/%^()<>,])|\G\s+$")]
    private static partial Regex Token();
}
