// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace FenceKit.Tests;

/// <summary>Reads a DebuggerDisplay as a debugger would; a member that does not exist is an error here too.</summary>
internal static partial class DebuggerText
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    internal static string Of(object value)
    {
        DebuggerDisplayAttribute? display = value.GetType().GetCustomAttributes<DebuggerDisplayAttribute>(inherit: true).FirstOrDefault(); // the type's own comes first
        Assert.NotNull(display);
        return Part().Replace(display.Value!, part => Convert.ToString(
            part.Groups[1].Value.Split('.').Aggregate(value, (inner, member) => Read(inner, member)!), CultureInfo.InvariantCulture)!);
    }

    private static object? Read(object value, string member)
    {
        for (Type? type = value.GetType(); type is not null; type = type.BaseType)
        {
            if (member.EndsWith("()", StringComparison.Ordinal))
            {
                if (type.GetMethod(member[..^2], Any, []) is { } method)
                {
                    return method.Invoke(value, null);
                }
            }
            else if (type.GetProperty(member, Any) is { } property)
            {
                return property.GetValue(value);
            }
            else if (type.GetField(member, Any) is { } field)
            {
                return field.GetValue(value);
            }
        }

        throw new MissingMemberException(value.GetType().Name, member);
    }

    [GeneratedRegex(@"\{([A-Za-z_.]+(?:\(\))?)(?:,nq)?\}")]
    private static partial Regex Part();
}
