// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Commands;

/// <summary>The formats of a report.</summary>
internal enum ReportFormat
{
    /// <summary>Plain text, one finding after the other.</summary>
    Text,

    /// <summary>The format that the tool reads.</summary>
    Json,

    /// <summary>For code scanning.</summary>
    Sarif,

    /// <summary>A self-contained page.</summary>
    Html,

    /// <summary>The graph for Graphviz.</summary>
    Dot,

    /// <summary>The graph for Markdown.</summary>
    Mermaid,

    /// <summary>The lock order, to keep beside the source and to compare.</summary>
    Order,

    /// <summary>Lines for a suppression file.</summary>
    Suppressions,
}
