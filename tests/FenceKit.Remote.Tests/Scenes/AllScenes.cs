// SPDX-License-Identifier: MIT
using System.Reflection;

namespace FenceKit.Remote.Scenes;

/// <summary>The scenes by name.</summary>
internal static class AllScenes
{
    internal static IEnumerable<string> Names => Methods.Select(scene => scene.Name);

    private static IEnumerable<MethodInfo> Methods =>
        ((Type[])[typeof(LeaseScenes), typeof(SessionScenes), typeof(MemberScenes), typeof(EndScenes)])
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(method => method.GetParameters().Length == 0 && !method.Name.Contains('<', StringComparison.Ordinal));

    internal static void Run(string name) => Methods.Single(scene => scene.Name == name).CreateDelegate<Action>()();
}
