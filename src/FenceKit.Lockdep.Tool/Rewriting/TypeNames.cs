// SPDX-License-Identifier: MIT
using Mono.Cecil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>Type names for comparing signatures, and names for people.</summary>
internal static class TypeNames
{
    /// <summary>The name of the type without its type arguments and modifiers.</summary>
    public static string Open(TypeReference type) => type switch
    {
        ByReferenceType reference => Open(reference.ElementType),
        IModifierType modified => Open(modified.ElementType),
        GenericInstanceType instance => instance.ElementType.FullName,
        _ => type.FullName,
    };

    /// <summary>The name of the type in a signature.</summary>
    /// <param name="type">The type.</param>
    /// <param name="typeParameters">
    /// The number of type parameters of the method that belong to the type which declares the original.
    /// </param>
    public static string Of(TypeReference type, int typeParameters) => type switch
    {
        GenericParameter { Type: GenericParameterType.Method } parameter when parameter.Position < typeParameters => $"!{parameter.Position}",
        GenericParameter { Type: GenericParameterType.Method } parameter => $"!!{parameter.Position - typeParameters}",
        GenericParameter parameter => $"!{parameter.Position}",
        ByReferenceType reference => Of(reference.ElementType, typeParameters) + "&",
        ArrayType array => $"{Of(array.ElementType, typeParameters)}[{array.Rank}]",
        IModifierType modified => Of(modified.ElementType, typeParameters),
        GenericInstanceType instance
            => $"{instance.ElementType.FullName}<{string.Join(',', instance.GenericArguments.Select(argument => Of(argument, typeParameters)))}>",
        _ => type.FullName,
    };

    /// <summary>The number of type parameters of a type, including those of its enclosing types.</summary>
    public static int CountOfParameters(string fullName)
    {
        int count = 0;
        foreach (string part in fullName.Split('/'))
        {
            int tick = part.IndexOf('`');
            count += tick < 0 ? 0 : int.Parse(part.AsSpan(tick + 1), System.Globalization.CultureInfo.InvariantCulture);
        }

        return count;
    }

    /// <summary>The name of the type in the source, without generated names for lambdas and asynchronous methods.</summary>
    public static string ForPeople(TypeReference type)
    {
        List<string> parts = [];
        for (TypeReference? part = type is TypeSpecification specification ? specification.GetElementType() : type; part is not null; part = part.DeclaringType)
        {
            if (parts.Count == 0 && part.DeclaringType is not null && part.Name.StartsWith('<'))
            {
                continue;
            }

            string name = part.Name == "<Program>$" ? "Program" : part.Name;
            int tick = name.IndexOf('`');
            name = tick < 0 ? name : name[..tick] + "<>";
            parts.Insert(0, part.DeclaringType is null && part.Namespace.Length > 0 ? $"{part.Namespace}.{name}" : name);
        }

        return string.Join('.', parts);
    }

    /// <summary>
    /// The name of the field in the source: a property for its backing field, a local variable for a field of a closure or a state machine.
    /// </summary>
    public static string ForPeople(FieldReference field)
    {
        string name = field.Name;
        int end = name.StartsWith('<') ? name.IndexOf('>') : -1;
        return $"{ForPeople(field.DeclaringType)}.{(end > 1 ? name[1..end] : name)}";
    }
}
