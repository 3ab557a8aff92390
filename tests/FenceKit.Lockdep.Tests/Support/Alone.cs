// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Support;

/// <summary>For tests that look at the memory of the whole process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
