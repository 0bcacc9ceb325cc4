namespace Kappa.Lab.Formats;

/// <summary>What the header of a npy file says: <c>{'descr': '&lt;f8', 'fortran_order': False, 'shape': (3, 4), }</c>.</summary>
/// <remarks>
/// Read by a grammar of exactly this: a dictionary of the three keys, each once, in any order; quoted text without escapes; <c>True</c>
/// or <c>False</c>; a flat tuple of non-negative decimal integers, perhaps with the <c>L</c>
/// of Python 2. Nothing is evaluated. Format: NEP 1 of numpy, versions 1.0, 2.0 and 3.0.
/// </remarks>
/// <param name="Type">Stored type.</param>
/// <param name="BigEndian">Whether the most significant byte comes first.</param>
/// <param name="FortranOrder">Whether the first axis is the fastest.</param>
/// <param name="Shape">Lengths of the axes.</param>
internal sealed record NpyHeader(ElementType Type, bool BigEndian, bool FortranOrder, int[] Shape)
{
    /// <summary>Parses the dictionary.</summary>
    /// <param name="text">The header without magic and length.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <exception cref="BadInputException">The text is malformed, or valid with a type that is not read here.</exception>
    internal static NpyHeader Parse(ReadOnlySpan<byte> text, string location)
    {
        Scanner scanner = new(text, location);
        string? descr = null;
        bool? fortranOrder = null;
        int[]? shape = null;
        scanner.Expect('{');
        while (!scanner.Accept('}'))
        {
            string key = scanner.QuotedText();
            scanner.Expect(':');
            switch (key)
            {
                case "descr" when descr is null: descr = scanner.TypeText(); break;
                case "fortran_order" when fortranOrder is null: fortranOrder = scanner.TrueOrFalse(); break;
                case "shape" when shape is null: shape = scanner.Tuple(); break;
                default:
                    throw scanner.Malformed(
                    $"the keys must be descr, fortran_order and shape, each once, but there is '{Shown.Of(key)}' "
                        + $"{(key is "descr" or "fortran_order" or "shape" ? "twice" : "too")}");
            }

            if (!scanner.Accept(','))
            {
                scanner.Expect('}');
                break;
            }
        }

        scanner.ExpectEnd();
        if (descr is null || fortranOrder is null || shape is null)
        {
            throw scanner.Malformed(
                $"the keys must be descr, fortran_order and shape, but "
                    + $"'{(descr is null ? "descr" : shape is null ? "shape" : "fortran_order")}' is missing");
        }

        (ElementType type, bool bigEndian) = TypeOf(descr, location);
        return new NpyHeader(type, bigEndian, fortranOrder.Value, shape);
    }

    private static (ElementType Type, bool BigEndian) TypeOf(string descr, string location)
    {
        if (descr.Length < 2 || descr[0] is not ('<' or '>' or '|'))
        {
            throw new BadInputException(
                location,
                $"is not a valid npy file: the element type must be like '<f8' with a byte order of '<', '>' or '|', but is "
                    + $"'{Shown.Of(descr)}'. Write it again with numpy.save.");
        }

        ElementType? type = descr[1..] switch
        {
            "b1" => ElementType.Boolean,
            "u1" => ElementType.UInt8,
            "i1" => ElementType.Int8,
            "u2" => ElementType.UInt16,
            "i2" => ElementType.Int16,
            "u4" => ElementType.UInt32,
            "i4" => ElementType.Int32,
            "u8" => ElementType.UInt64,
            "i8" => ElementType.Int64,
            "f2" => ElementType.Float16,
            "f4" => ElementType.Float32,
            "f8" => ElementType.Float64,
            _ => null,
        };
        return type switch
        {
            null when descr[1] == 'O' =>
                throw new BadInputException(
                    location,
                    "holds Python objects (element type '|O'), which are never read because they are code. Store numbers: "
                        + "numpy.save(path, array.astype('float64'))."),
            null =>
                throw new BadInputException(
                    location,
                    $"has elements of type '{Shown.Of(descr)}', which is not supported: real floating-point numbers up to 64 bits, "
                        + $"integers and booleans are. Store the array as float64."),
            _ when descr[0] == '|' && type.Value.Size() > 1 =>
                throw new BadInputException(
                    location,
                    $"is not a valid npy file: the type '{descr}' has several bytes and no byte order. Write it again with numpy.save."),
            _ => (type.Value, descr[0] == '>'),
        };
    }

    private ref struct Scanner(ReadOnlySpan<byte> text, string location)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _at;

        internal readonly BadInputException Malformed(string what) =>
            new(location, $"is not a valid npy file: {what} (at character {_at} of the header). Write it again with numpy.save.");

        internal bool Accept(char wanted)
        {
            SkipBlanks();
            if (_at >= _text.Length || _text[_at] != wanted)
            {
                return false;
            }

            _at++;
            return true;
        }

        internal void Expect(char wanted)
        {
            if (!Accept(wanted))
            {
                throw Malformed($"'{wanted}' must follow but {Found()} does");
            }
        }

        internal void ExpectEnd()
        {
            SkipBlanks();
            if (_at < _text.Length)
            {
                throw Malformed($"nothing must follow the dictionary but {Found()} does");
            }
        }

        internal string QuotedText()
        {
            SkipBlanks();
            byte quote = _at < _text.Length ? _text[_at] : (byte)0;
            int length = quote is (byte)'\'' or (byte)'"' ? _text[(_at + 1)..].IndexOf(quote) : -1;
            if (length < 0)
            {
                throw Malformed($"quoted text must follow but {Found()} does");
            }

            ReadOnlySpan<byte> inside = _text.Slice(_at + 1, length);
            if (inside.ContainsAnyExceptInRange((byte)' ', (byte)'~') || inside.Contains((byte)'\\'))
            {
                throw Malformed("quoted text must be printable ASCII without escapes");
            }

            _at += length + 2;
            return System.Text.Encoding.ASCII.GetString(inside);
        }

        internal string TypeText()
        {
            SkipBlanks();
            return _at < _text.Length && _text[_at] == '['
                ? throw new BadInputException(
                    location,
                    "has records as elements (a structured type), which is not supported. Store each field as an array of its own.")
                : QuotedText();
        }

        internal bool TrueOrFalse()
        {
            SkipBlanks();
            bool isTrue = _text[_at..].StartsWith("True"u8);
            if (!isTrue && !_text[_at..].StartsWith("False"u8))
            {
                throw Malformed($"True or False must follow but {Found()} does");
            }

            _at += isTrue ? 4 : 5;
            return isTrue;
        }

        internal int[] Tuple()
        {
            List<int> lengths = [];
            Expect('(');
            while (!Accept(')'))
            {
                if (lengths.Count == NdArray.MaximumRank)
                {
                    throw Malformed($"there must be at most {NdArray.MaximumRank} axes");
                }

                lengths.Add(Length());
                if (!Accept(','))
                {
                    // (3) is a number in Python, (3,) a tuple.
                    if (lengths.Count == 1)
                    {
                        throw Malformed("a shape with one axis must be written (3,) with a comma");
                    }

                    Expect(')');
                    break;
                }
            }

            return [.. lengths];
        }

        private int Length()
        {
            SkipBlanks();
            int start = _at;
            long value = 0;
            while (_at < _text.Length && _text[_at] is >= (byte)'0' and <= (byte)'9')
            {
                value = (value * 10) + (_text[_at++] - '0');
                if (value > int.MaxValue)
                {
                    throw Malformed($"an axis must have at most {int.MaxValue} elements");
                }
            }

            bool isGiven = _at > start;
            if (isGiven && _at < _text.Length && _text[_at] == (byte)'L')
            {
                // A long integer of Python 2, as numpy wrote and still reads it.
                _at++;
            }

            return isGiven ? (int)value : throw Malformed($"the length of an axis, a non-negative integer, must follow but {Found()} does");
        }

        private readonly string Found() =>
            _at >= _text.Length ? "the end" : _text[_at] is > 0x20 and < 0x7F ? $"'{(char)_text[_at]}'" : $"byte {_text[_at]}";

        private void SkipBlanks()
        {
            while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r')
            {
                _at++;
            }
        }
    }
}
