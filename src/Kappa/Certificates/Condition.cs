namespace Kappa.Certificates;

/// <summary>How a value must stand to its bound.</summary>
public enum ConditionRelation
{
    /// <summary>value ≥ bound.</summary>
    AtLeast,

    /// <summary>value ≤ bound.</summary>
    AtMost,

    /// <summary>value &lt; bound.</summary>
    Below,

    /// <summary>value &gt; bound.</summary>
    Above,
}

/// <summary>One hypothesis of a theorem as numbers: what was computed, what it must be, and how far it is from it.</summary>
/// <param name="Name">In words, for example "smallest singular value of Φ".</param>
/// <param name="Symbol">As on the theorem's page, for example <c>σ_M(Φ)</c>.</param>
/// <param name="Label">Equation label.</param>
/// <param name="Value">What was computed.</param>
/// <param name="Relation">How it must stand to the bound.</param>
/// <param name="Bound">What it is compared with.</param>
public sealed record Condition(string Name, string Symbol, string Label, double Value, ConditionRelation Relation, double Bound)
{
    /// <summary>What value and bound rest on; a theorem proves something only where that is no estimate. Default proven.</summary>
    public ConstantGrade Grade { get; init; }

    /// <summary>Whether it holds; a value or bound that is not a number fails.</summary>
    public bool Holds => Relation switch
    {
        ConditionRelation.AtLeast => Value >= Bound,
        ConditionRelation.AtMost => Value <= Bound,
        ConditionRelation.Below => Value < Bound,
        _ => Value > Bound,
    };

    /// <summary>Bound − value or value − bound, positive on the good side.</summary>
    public double Margin => Relation is ConditionRelation.AtLeast or ConditionRelation.Above ? Value - Bound : Bound - Value;

    /// <summary>The factor by which value or bound would have to change for the
    /// condition to hold: 1 when it holds, infinite when no factor does.</summary>
    public double Shortfall
    {
        get
        {
            (double small, double large) = Relation is ConditionRelation.AtLeast or ConditionRelation.Above
                ? (Value, Bound)
                : (Bound, Value);
            return Holds ? 1 : small > 0 && large > 0 ? Math.Max(large / small, 1) : double.PositiveInfinity;
        }
    }
}

/// <summary>What a constant's value rests on.</summary>
public enum ConstantGrade
{
    /// <summary>A bound by a chain of inequalities, rounded outward: the theorem may rest on it.</summary>
    Proven,

    /// <summary>An estimate without proof, for orientation: no theorem rests on it.</summary>
    Estimated,

    /// <summary>Given by the user or the run.</summary>
    Given,
}

/// <summary>One constant that a theorem computed.</summary>
/// <param name="Name">In words.</param>
/// <param name="Symbol">As on the theorem's page.</param>
/// <param name="Label">Equation label.</param>
/// <param name="Value">The number.</param>
/// <param name="Grade">What it rests on.</param>
public sealed record Constant(string Name, string Symbol, string Label, double Value, ConstantGrade Grade = ConstantGrade.Proven);
