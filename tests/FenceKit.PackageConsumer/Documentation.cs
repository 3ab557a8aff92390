// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Xml.Linq;
#pragma warning disable IL2026, IL2070, IL2075 // It looks at all types and members, and is not trimmed.

/// <summary>The documentation that comes along with an assembly, held against what its users can see.</summary>
internal static class Documentation
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <returns>How many members it has, and which of them a user cannot see.</returns>
    internal static (int Count, string[] Hidden) Look(Assembly assembly, string packages)
    {
        string name = assembly.GetName().Name!;
        string file = Directory.EnumerateFiles(Path.Combine(packages, name.ToLowerInvariant()), $"{name}.xml", SearchOption.AllDirectories).Single();
        Dictionary<string, Type> types = assembly.GetTypes().ToDictionary(static type => type.FullName!.Replace('+', '.'));
        string[] members = [.. XDocument.Load(file).Descendants("member").Select(static member => member.Attribute("name")!.Value)];
        return (members.Length, [.. members.Where(member => !IsSeen(types, member))]);
    }

    private static bool IsSeen(Dictionary<string, Type> types, string member)
    {
        string path = member[2..].Split('(', '~')[0];
        if (member[0] == 'T')
        {
            return types[path].IsVisible;
        }

        int dot = path.LastIndexOf('.');
        string own = path[(dot + 1)..].Split("``")[0].Replace('#', '.');
        return types[path[..dot]].IsVisible && types[path[..dot]].GetMember(own, Declared).Any(static one => one switch
        {
            MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
            FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
            PropertyInfo property => property.GetAccessors(nonPublic: true).Any(static accessor => accessor.IsPublic || accessor.IsFamily || accessor.IsFamilyOrAssembly),
            _ => true,
        });
    }
}
