using System.Reflection;

namespace Kappa.Cli.Tests.Project;

/// <summary>The public surface of an assembly as sorted lines of text, one for each type and member.</summary>
internal static class PublicSurface
{
    private const BindingFlags Own =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
        [typeof(char)] = "char",
        [typeof(Matrix)] = "Matrix",
    };

    public static IReadOnlyList<string> Of(Assembly assembly) =>
        [.. assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal).SelectMany(Lines)];

    private static IEnumerable<string> Lines(Type type)
    {
        string name = $"{type.Namespace}.{Name(type)}";
        string parents = string.Join(", ", Parents(type));
        yield return $"{Kind(type)} {name}{(parents.Length == 0 ? "" : $" : {parents}")}";
        foreach (string member in Members(type).Order(StringComparer.Ordinal))
            yield return $"  {member}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), null)}");
        if (typeof(Delegate).IsAssignableFrom(type))
            return [Signature(type.GetMethod("Invoke")!)];
        IEnumerable<string> fields = type.GetFields(Own).Where(field => field.IsPublic || field.IsFamily)
            .Select(field =>
                $"{(field.IsLiteral ? "const" : field.IsStatic ? "static field" : "field")} {Name(field.FieldType)} {field.Name}");
        IEnumerable<string> constructors = type.GetConstructors(Own).Where(IsVisible)
            .Select(constructor => $"new({Parameters(constructor)})");
        IEnumerable<string> properties = type.GetProperties(Own)
            .Where(property => property.Name != "EqualityContract" && property.GetAccessors(true).Any(IsVisible)).Select(Signature);
        IEnumerable<string> methods = type.GetMethods(Own)
            .Where(method => IsVisible(method) && !method.IsSpecialName && !IsMadeByCompiler(method)).Select(Signature);
        IEnumerable<string> operators = type.GetMethods(Own)
            .Where(method => method.IsPublic && method.Name.StartsWith("op_", StringComparison.Ordinal) && !IsMadeByCompiler(method))
            .Select(Signature);
        return [.. fields, .. constructors, .. properties, .. methods, .. operators];
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    /// <summary>Equality, printing and cloning of records, and overrides of object, are no promise of their own.</summary>
    private static bool IsMadeByCompiler(MethodInfo method) =>
        method.Name.Contains('<', StringComparison.Ordinal) || method.GetBaseDefinition().DeclaringType == typeof(object)
        || method.GetCustomAttributes().Any(attribute => attribute.GetType().Name == "CompilerGeneratedAttribute");

    private static string Signature(PropertyInfo property)
    {
        string accessors = string.Join(
            ' ',
            property.GetAccessors(true).Where(IsVisible)
                .Select(accessor => accessor.ReturnType != typeof(void) ? "get;" : IsInit(accessor) ? "init;" : "set;")
                .Order(StringComparer.Ordinal));
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length == 0
            ? property.Name
            : $"this[{string.Join(", ", index.Select(parameter => $"{Name(parameter.ParameterType)} {parameter.Name}"))}]";
        return $"{(property.GetAccessors(true)[0].IsStatic ? "static " : "")}{Name(property.PropertyType)} {name} {{ {accessors} }}";
    }

    private static bool IsInit(MethodInfo setter) =>
        setter.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit");

    private static string Signature(MethodInfo method)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        return $"{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string passing = parameter.ParameterType.IsByRef ? parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref " : "";
        string? given = parameter.HasDefaultValue
            ? parameter.DefaultValue switch
            {
                null => "default",
                string text => $"\"{text}\"",
                bool flag => flag ? "true" : "false",
                var other => Convert.ToString(other, null),
            }
            : null;
        string value = given is null ? "" : $" = {given}";
        return $"{passing}{Name(parameter.ParameterType)} {parameter.Name}{value}";
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static IEnumerable<string> Parents(Type type) =>
        (
            type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum)
                && parent != typeof(MulticastDelegate)
                ? [Name(parent)]
                : Array.Empty<string>())
        .Concat(
            type.IsEnum
                ? []
                : type.GetInterfaces()
                    .Where(parent =>
                        parent.IsPublic && !(parent.IsGenericType && parent.GetGenericTypeDefinition() == typeof(IEquatable<>)))
                    .Select(Name).Order(StringComparer.Ordinal));

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (type.IsPointer)
            return $"{Name(type.GetElementType()!)}*";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return $"{Name(underlying)}?";
        if (Keywords.TryGetValue(type, out string? keyword))
            return keyword;
        string nest = type is { IsNested: true, IsGenericParameter: false } ? $"{Name(type.DeclaringType!)}." : "";
        return type.IsGenericType
            ? $"{nest}{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
            : nest + type.Name;
    }
}
