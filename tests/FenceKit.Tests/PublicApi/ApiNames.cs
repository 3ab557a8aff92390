// SPDX-License-Identifier: MIT
using System.Reflection;

namespace FenceKit.Tests.PublicApi;

/// <summary>Types as one would write them in C#, with a question mark for what may be null.</summary>
internal static class ApiNames
{
    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(char)] = "char",
        [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int",
        [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(nint)] = "nint", [typeof(nuint)] = "nuint",
        [typeof(float)] = "float", [typeof(double)] = "double", [typeof(decimal)] = "decimal",
    };

    internal static string Of(Type type) => Of(type, nullability: null);

    internal static string Of(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef)
        {
            type = type.GetElementType()!;
        }

        string mark = nullability?.ReadState == NullabilityState.Nullable && !type.IsValueType ? "?" : "";
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        }

        if (type.IsPointer)
        {
            return $"{Of(type.GetElementType()!)}*";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return $"{Of(underlying)}?";
        }

        if (s_keywords.TryGetValue(type, out string? keyword))
        {
            return keyword + mark;
        }

        if (type.IsGenericParameter)
        {
            return type.Name + mark;
        }

        NullabilityInfo[]? inner = nullability?.GenericTypeArguments;
        Type[] all = type.GetGenericArguments();
        IEnumerable<string> own = all.Select((argument, i) => Of(argument, inner is not null && i < inner.Length ? inner[i] : null));
        string name = type.Name.Split('`')[0];
        string prefix = type.IsNested ? Of(type.DeclaringType!) : type.Namespace!;
        return $"{prefix}.{name}{(all.Length == 0 ? "" : $"<{string.Join(", ", own)}>")}{mark}";
    }

    internal static string Arguments(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";
}
