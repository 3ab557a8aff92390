// SPDX-License-Identifier: MIT
namespace FenceKit.Analyzers.Flow;

/// <summary>What an operation means to a search along the paths of a method.</summary>
internal enum FlowStep
{
    /// <summary>Nothing: the path goes on.</summary>
    GoOn,

    /// <summary>The path is in order from here on.</summary>
    Stop,

    /// <summary>This is what is searched for.</summary>
    Found,
}
