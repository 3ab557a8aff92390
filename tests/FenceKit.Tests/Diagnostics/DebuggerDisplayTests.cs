// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

namespace FenceKit.Tests.Diagnostics;

/// <summary>Every public type says in one line of the debugger where it stands, and says it with members that exist.</summary>
public sealed partial class DebuggerDisplayTests
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static TheoryData<Type> PublicTypes => [.. typeof(Fence).Assembly.GetExportedTypes().Where(type =>
        !type.IsEnum && !type.IsInterface && !(type.IsAbstract && type.IsSealed) && !type.IsSubclassOf(typeof(Delegate)))];

    [Theory]
    [MemberData(nameof(PublicTypes))]
    public void It_has_a_display_whose_members_exist(Type type)
    {
        DebuggerDisplayAttribute? display = type.GetCustomAttributes<DebuggerDisplayAttribute>(inherit: true).FirstOrDefault(); // the type's own comes first
        Assert.True(display is not null, $"{type} has no DebuggerDisplay.");
        MatchCollection parts = Part().Matches(display.Value!);
        Assert.Equal(display.Value!.Count(one => one == '{'), parts.Count);
        Assert.NotEmpty(parts);
        Assert.All(parts, part =>
        {
            Type? at = type;
            foreach (string member in part.Groups[1].Value.Split('.'))
            {
                Assert.True((at = TypeOf(at!, member)) is not null, $"{type} shows '{member}', which does not exist.");
            }
        });
    }

    [Fact]
    public void The_types_that_are_looked_at_are_many() => Assert.True(PublicTypes.Count > 50);

    [Fact]
    public void Awaits_show_what_they_wait_for()
    {
        FenceTimeline timeline = new("device");
        Fence fence = timeline.Issue();

        Assert.Equal("waits for device:1", DebuggerText.Of(fence.ConfigureAwait(FenceContinuation.Inline)));
        Assert.Equal("waits for device:1", DebuggerText.Of(fence.GetAwaiter()));
        Assert.StartsWith("waits for device:1, at most ", DebuggerText.Of(fence.WaitAsync(Limit.Time)), StringComparison.Ordinal);
        Assert.Equal("waits for device:1, without a limit", DebuggerText.Of(fence.WaitAsync(Timeout.InfiniteTimeSpan).GetAwaiter()));
        Assert.Equal("Any of several, without a limit", DebuggerText.Of(Fence.WaitAnyAsync([fence]).GetAwaiter()));
        Assert.Equal("over: Signaled", DebuggerText.Of(Fence.WaitAllAsync([]).GetAwaiter()));
    }

    private static Type? TypeOf(Type type, string member)
    {
        for (Type? at = type; at is not null; at = at.BaseType)
        {
            Type? found = member.EndsWith("()", StringComparison.Ordinal)
                ? at.GetMethod(member[..^2], Own, [])?.ReturnType
                : at.GetProperty(member, Own)?.PropertyType ?? at.GetField(member, Own)?.FieldType;
            if (found is not null)
            {
                return found;
            }
        }

        return type.IsInterface ? type.GetInterfaces().Select(inner => TypeOf(inner, member)).FirstOrDefault(found => found is not null) : null;
    }

    [GeneratedRegex(@"\{([A-Za-z_][A-Za-z0-9_.]*(?:\(\))?)(?:,nq)?\}")]
    private static partial Regex Part();
}
