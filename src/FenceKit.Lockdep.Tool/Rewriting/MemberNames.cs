// SPDX-License-Identifier: MIT
using System.Text;
using Mono.Cecil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>The names of methods in the source.</summary>
internal static class MemberNames
{
    public static string Of(MethodDefinition method)
    {
        string name = SourceName.Of(method.DeclaringType.FullName.Replace('/', '+'), method.Name);
        return WithoutArity(name.Replace("<Program>$", "Program", StringComparison.Ordinal));
    }

    // Generic types have the number of type parameters after a backtick.
    private static string WithoutArity(string name)
    {
        if (!name.Contains('`', StringComparison.Ordinal))
        {
            return name;
        }

        var plain = new StringBuilder(name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] != '`')
            {
                plain.Append(name[i]);
                continue;
            }

            plain.Append("<>");
            while (i + 1 < name.Length && char.IsAsciiDigit(name[i + 1]))
            {
                i++;
            }
        }

        return plain.ToString();
    }
}
