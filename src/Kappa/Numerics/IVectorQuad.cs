using System.Numerics;

namespace Kappa.Numerics;

/// <summary>Four vectors that go through the same operations side by side; one implementation per
/// width, for doubles and singles, so that one source of a formula serves them all.</summary>
/// <remarks>
/// A formula is a chain of operations that wait for each other, four cycles for each where two could start in every cycle. A processor
/// looks ahead only about a hundred waiting operations, so four chains have to be interleaved in the code itself: each operation here is
/// four independent ones. The quad and not the vector is what a formula is generic in, as the compiler stops inlining after some hundred
/// calls. The precision is the implementation's: a formula asks <see cref="IsDouble"/>, and the question has vanished once compiled.
/// </remarks>
/// <typeparam name="TQuad">The implementation.</typeparam>
internal unsafe interface IVectorQuad<TQuad> :
    IAdditionOperators<TQuad, TQuad, TQuad>, ISubtractionOperators<TQuad, TQuad, TQuad>, IMultiplyOperators<TQuad, TQuad, TQuad>,
    IDivisionOperators<TQuad, TQuad, TQuad>
    where TQuad : struct, IVectorQuad<TQuad>
{
    /// <summary>Elements of one of the four vectors.</summary>
    static abstract int Lanes { get; }

    /// <summary>Whether the elements are doubles.</summary>
    static abstract bool IsDouble { get; }

    /// <summary>Whether the machine has the instructions of AVX-512 for tables, powers
    /// of two and estimates: <see cref="LookUp"/> may only be called then.</summary>
    static abstract bool HasTables { get; }

    /// <summary><paramref name="value"/>, rounded to the element, in every lane.</summary>
    static abstract implicit operator TQuad(double value);

    /// <summary><paramref name="value"/>, of the element's type, in every
    /// lane: without the conversion, which a loop would repeat.</summary>
    static abstract TQuad Broadcast<T>(T value)
        where T : unmanaged;

    /// <summary>Four times <see cref="Lanes"/> elements, one after the other.</summary>
    static abstract TQuad Load(void* source);

    /// <summary><see cref="Lanes"/> elements from each of four places.</summary>
    static abstract TQuad Load(void* first, void* second, void* third, void* fourth);

    /// <summary>The elements in the lanes of <paramref name="mask"/>, equal in all
    /// vectors; other lanes are zero and their memory is not touched.</summary>
    static abstract TQuad Load(void* first, void* second, void* third, void* fourth, TQuad mask);

    /// <summary>Writes the vectors one after the other.</summary>
    static abstract void Store(TQuad value, void* target);

    /// <summary>Writes each vector to its place.</summary>
    static abstract void Store(TQuad value, void* first, void* second, void* third, void* fourth);

    /// <summary>Writes the lanes of <paramref name="mask"/>, equal in all vectors; the memory of other lanes is not touched.</summary>
    static abstract void Store(TQuad value, void* first, void* second, void* third, void* fourth, TQuad mask);

    /// <summary>All bits set in the first <paramref name="lanes"/> lanes of each vector, at least one, zero in the others.</summary>
    static abstract TQuad FirstLanes(int lanes);

    /// <summary>x · y + sum, rounded once.</summary>
    static abstract TQuad MultiplyAdd(TQuad x, TQuad y, TQuad sum);

    /// <summary>sum − x · y, rounded once.</summary>
    static abstract TQuad MultiplySubtractFrom(TQuad x, TQuad y, TQuad sum);

    /// <summary>|x|.</summary>
    static abstract TQuad Abs(TQuad x);

    /// <summary>The smaller one; y where one is NaN.</summary>
    static abstract TQuad Minimum(TQuad x, TQuad y);

    /// <summary>The larger one; y where one is NaN.</summary>
    static abstract TQuad Maximum(TQuad x, TQuad y);

    /// <summary>Where x ≤ bound, <paramref name="below"/>, else <paramref name="other"/>, also where x is NaN.</summary>
    static abstract TQuad IfAtMost(TQuad x, TQuad bound, TQuad below, TQuad other);

    /// <summary>The lanes of <paramref name="mask"/> from <paramref name="inside"/>, the others from <paramref name="outside"/>.</summary>
    static abstract TQuad Select(TQuad mask, TQuad inside, TQuad outside);

    /// <summary>Each block of <paramref name="bytes"/> bytes (a constant: 32, 16, 8 or
    /// 4, at most half a vector) swapped with its neighbour in the vector.</summary>
    static abstract TQuad Swap(TQuad x, int bytes);

    /// <summary>2^(k/<see cref="Lanes"/>) for the number k in the last bits of each lane.</summary>
    static abstract TQuad LookUp(TQuad lastBits);

    /// <summary>2^⌊exponent⌋ · power, a normal number; without <see cref="HasTables"/>
    /// the exponent is taken from the last bits of <paramref name="shifted"/>.</summary>
    static abstract TQuad Scale(TQuad power, TQuad exponent, TQuad shifted);

    /// <summary>1/√x for a normal number x to a relative error of 2⁻¹⁴ with <see cref="HasTables"/>, of 0.035 without.</summary>
    static abstract TQuad EstimateInverseRoot(TQuad x);
}
