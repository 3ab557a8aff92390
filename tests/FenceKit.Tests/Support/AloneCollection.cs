// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>Tests that count what the whole process shares (pooled nodes, static counters, memory) run while nothing else does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    /// <summary>The name to put on such a class.</summary>
    public const string Name = "alone";
}
