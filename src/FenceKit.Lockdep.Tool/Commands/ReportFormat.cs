// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Commands;

/// <summary>What a report can be turned into.</summary>
internal enum ReportFormat
{
    /// <summary>Plain text, one finding after the other.</summary>
    Text,

    /// <summary>What the tool reads again.</summary>
    Json,

    /// <summary>For code scanning.</summary>
    Sarif,

    /// <summary>One page that needs nothing else.</summary>
    Html,

    /// <summary>The graph for Graphviz.</summary>
    Dot,

    /// <summary>The graph for Markdown.</summary>
    Mermaid,

    /// <summary>The order of locks, to keep beside the source and to compare.</summary>
    Order,

    /// <summary>Lines for a file of suppressions.</summary>
    Suppressions,
}
