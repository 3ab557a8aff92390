// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.PublicApi;

/// <summary>The public surface of an assembly as sorted lines, one for each type and member, with nullability and default values.</summary>
internal static class ApiText
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext s_nullability = new();

    internal static IReadOnlyList<string> Of(Assembly assembly) =>
        [.. assembly.GetExportedTypes().SelectMany(LinesOf).Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<string> LinesOf(Type type)
    {
        string name = ApiNames.Of(type);
        yield return Describe(type);
        if (type.IsEnum)
        {
            foreach (string member in Enum.GetNames(type))
            {
                object value = Convert.ChangeType(Enum.Parse(type, member), Enum.GetUnderlyingType(type), CultureInfo.InvariantCulture);
                yield return $"{name}.{member} = {value}";
            }

            yield break;
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            yield return $"{name}.Invoke{Signature(type.GetMethod("Invoke")!)}";
            yield break;
        }

        foreach (MemberInfo member in type.GetMembers(Declared))
        {
            if (Line(name, member) is { } line)
            {
                yield return line;
            }
        }
    }

    private static string Describe(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type.IsValueType ? $"{(type.IsDefined(typeof(IsReadOnlyAttribute), false) ? "readonly " : "")}{(type.IsByRefLike ? "ref " : "")}struct"
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : $"{(type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "")}class";
        IEnumerable<Type> inherited = type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []);
        if (type.BaseType is { } parent && type.IsClass && parent != typeof(object) && parent != typeof(MulticastDelegate))
        {
            inherited = inherited.Prepend(parent);
        }

        string[] bases = type.IsEnum ? [ApiNames.Of(Enum.GetUnderlyingType(type))]
            : kind == "delegate" ? [] : [.. inherited.Where(parent => parent.IsVisible).Select(ApiNames.Of)];
        return $"{ApiNames.Of(type)} ({kind}{(bases.Length == 0 ? "" : $" : {string.Join(", ", bases)}")})";
    }

    private static string? Line(string type, MemberInfo member) => member switch
    {
        ConstructorInfo constructor when IsSeen(constructor) => $"{Access(constructor)}{type}.{type.Split('.')[^1].Split('<')[0]}{Signature(constructor)}",
        MethodInfo method when IsSeen(method) && !method.IsSpecialName =>
            $"{Access(method)}{Modifiers(method)}{type}.{method.Name}{ApiNames.Arguments(method)}{Signature(method)}",
        MethodInfo method when IsSeen(method) && method.Name.StartsWith("op_", StringComparison.Ordinal) =>
            $"static {type}.{method.Name}{Signature(method)}",
        PropertyInfo property when property.GetAccessors(true).FirstOrDefault(IsSeen) is { } accessor =>
            $"{Access(accessor)}{Modifiers(accessor)}{type}.{property.Name}{Index(property)} {{ {Accessors(property)} }} -> {ApiNames.Of(property.PropertyType, s_nullability.Create(property))}",
        EventInfo @event when IsSeen(@event.AddMethod!) =>
            $"{Access(@event.AddMethod!)}{Modifiers(@event.AddMethod!)}event {type}.{@event.Name} -> {ApiNames.Of(@event.EventHandlerType!, s_nullability.Create(@event))}",
        FieldInfo field when field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly =>
            $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{type}.{field.Name}{(field.IsLiteral ? $" = {Text(field.GetRawConstantValue())}" : "")} -> {ApiNames.Of(field.FieldType, s_nullability.Create(field))}",
        _ => null,
    };

    private static bool IsSeen(MethodBase method) =>
        (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && !method.Name.Contains('<', StringComparison.Ordinal);

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo method)
    {
        bool isOverride = method.GetBaseDefinition().DeclaringType != method.DeclaringType;
        return method.IsStatic ? "static "
            : method.DeclaringType!.IsInterface ? ""
            : method.IsAbstract ? "abstract "
            : isOverride ? "override "
            : method is { IsVirtual: true, IsFinal: false } && !method.DeclaringType.IsSealed ? "virtual " : "";
    }

    private static string Accessors(PropertyInfo property)
    {
        List<string> accessors = [];
        if (property.GetMethod is { } get && IsSeen(get))
        {
            accessors.Add("get;");
        }

        if (property.SetMethod is { } set && IsSeen(set))
        {
            accessors.Add(set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;");
        }

        return string.Join(' ', accessors);
    }

    private static string Index(PropertyInfo property)
    {
        ParameterInfo[] parameters = property.GetIndexParameters();
        return parameters.Length == 0 ? "" : $"[{string.Join(", ", parameters.Select(Describe))}]";
    }

    private static string Signature(MethodBase method)
    {
        string parameters = string.Join(", ", method.GetParameters().Select(Describe));
        return method is MethodInfo { ReturnParameter: var result }
            ? $"({parameters}) -> {ApiNames.Of(result.ParameterType, s_nullability.Create(result))}"
            : $"({parameters})";
    }

    private static string Describe(ParameterInfo parameter)
    {
        string mode = !parameter.ParameterType.IsByRef ? parameter.IsDefined(typeof(ParamArrayAttribute), false) ? "params " : ""
            : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        string text = $"{mode}{ApiNames.Of(parameter.ParameterType, s_nullability.Create(parameter))} {parameter.Name}";
        return parameter.HasDefaultValue ? $"{text} = {Text(parameter.DefaultValue, parameter.ParameterType)}" : text;
    }

    private static string Text(object? value, Type? type = null) => value switch
    {
        null => type is { IsValueType: true } ? "default" : "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
