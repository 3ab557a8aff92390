// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Reflection;

namespace FenceKit.Lockdep.Tests.Reports;

public sealed class PublicTypeTests
{
    [Fact]
    public void Every_public_class_and_value_shows_itself_in_the_debugger()
    {
        Type[] types = [.. typeof(LockValidator).Assembly.GetExportedTypes().Where(static type =>
            !type.IsEnum && !type.IsInterface && !type.IsByRefLike && !(type.IsAbstract && type.IsSealed) && !type.IsSubclassOf(typeof(Exception)))];
        Assert.True(types.Length > 25);
        Assert.All(types, static type => Assert.NotNull(type.GetCustomAttribute<DebuggerDisplayAttribute>(inherit: false)));
    }

    [Fact]
    public void The_package_references_nothing_but_the_framework()
        => Assert.All(
            typeof(LockValidator).Assembly.GetReferencedAssemblies(),
            static name => Assert.True(
                name.Name is "netstandard" || name.Name!.StartsWith("System.", StringComparison.Ordinal), // coverage adds the former
                $"{name.Name} is not of the framework."));

    [Fact]
    public void No_type_is_named_like_the_namespace()
        => Assert.DoesNotContain(typeof(LockValidator).Assembly.GetTypes(), static type => type.Name == "Lockdep");
}
