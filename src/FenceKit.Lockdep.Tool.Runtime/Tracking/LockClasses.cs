// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Creates one class for each name, so that a lock has the class of its field at every site.</summary>
internal static class LockClasses
{
    private static readonly UninterruptedLock s_gate = new();
    // Under the gate; a concurrent dictionary may itself be rewritten.
    private static readonly Dictionary<string, LockClass> s_byName = new(StringComparer.Ordinal);
    private static readonly ConditionalWeakTable<Type, LockClass> s_byType = [];

    public static LockClass Of(string name)
    {
        using (s_gate.EnterScope())
        {
            if (!s_byName.TryGetValue(name, out LockClass? known))
            {
                known = Make(name);
                s_byName.Add(name, known);
            }

            return known;
        }
    }

    /// <summary>Creates a class for one lock, for which no other lock can be substituted.</summary>
    public static LockClass MakeAlone(string name) => Make(name);

    public static LockClass Of(Type type) => s_byType.TryGetValue(type, out LockClass? known) ? known : s_byType.GetValue(type, static key => Of(NameOf(key)));

    // Findings that rest on classes alone are hints, and only declared classes produce them.
    private static LockClass Make(string name)
    {
        string valid = Valid(name);
        return Session.GivesHints ? LockClass.Create(valid) : LockClass.Infer(valid);
    }

    // Metadata may contain any characters, but reports and snapshots have one line per entry.
    private static string Valid(string name)
    {
        string shortened = name.Length <= LockClass.MaxNameLength ? name : name[..LockClass.MaxNameLength];
        char[] characters = shortened.ToCharArray();
        for (int i = 0; i < characters.Length; i++)
        {
            characters[i] = char.IsControl(characters[i]) ? '_' : characters[i];
        }

        return string.IsNullOrWhiteSpace(shortened) ? "?" : new string(characters);
    }

    /// <summary>The name of a generic type, or of a member of one, without the number of type parameters after the backtick.</summary>
    public static string WithoutArity(string name)
    {
        string[] parts = name.Split('`');
        for (int i = 1; i < parts.Length; i++)
        {
            parts[i] = parts[i].TrimStart([.. "0123456789"]);
        }

        return string.Join("<>", parts);
    }

    private static string NameOf(Type type)
    {
        if (!type.IsGenericType)
        {
            return (type.FullName ?? type.Name).Replace('+', '.');
        }

        string name = (type.GetGenericTypeDefinition().FullName ?? type.Name).Replace('+', '.');
        int tick = name.IndexOf('`');
        return tick < 0 ? name : name[..tick] + "<>";
    }
}
