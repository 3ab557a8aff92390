// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>All reports of a run together with the graph, in every format.</summary>
/// <remarks>Immutable and thread safe; each format allocates its text.</remarks>
[DebuggerDisplay("{Violations.Count} violations, {Dependencies.Count} dependencies")]
public sealed class LockReport
{
    private readonly Dictionary<(LockClass Class, int Subclass), string> _names;

    private LockReport(
        IReadOnlyList<LockViolation> violations, IReadOnlyList<LockDependency> dependencies, Dictionary<(LockClass Class, int Subclass), string> names)
    {
        Violations = violations;
        Dependencies = dependencies;
        _names = names;
    }

    /// <summary>The reports, the surest first.</summary>
    public IReadOnlyList<LockViolation> Violations { get; }

    /// <summary>The graph.</summary>
    public IReadOnlyList<LockDependency> Dependencies { get; }

    /// <summary>Puts together what a validator knows and what it has found.</summary>
    /// <param name="validator">The validator.</param>
    /// <exception cref="ArgumentNullException"><paramref name="validator"/> is null.</exception>
    public static LockReport Create(LockValidator validator)
    {
        ArgumentNullException.ThrowIfNull(validator);
        return Create(validator, validator.Violations);
    }

    /// <summary>Puts together what a validator knows and what was collected from it.</summary>
    /// <param name="validator">The validator.</param>
    /// <param name="violations">The reports, such as <see cref="CollectingSink.Violations"/>.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static LockReport Create(LockValidator validator, IEnumerable<LockViolation> violations)
    {
        ArgumentNullException.ThrowIfNull(validator);
        ArgumentNullException.ThrowIfNull(violations);
        return new LockReport(
            [.. violations.OrderByDescending(static violation => violation.Confidence)], validator.GetDependencies(), validator.GetNodeNames());
    }

    /// <summary>Plain text: one report after the other.</summary>
    public string ToText() => string.Join(Environment.NewLine, Violations.Select(static violation => violation.ToString()));

    /// <summary>JSON, with the graph.</summary>
    public string ToJson() => Formats.JsonFormat.Write(this);

    /// <summary>SARIF 2.1.0, for code scanning; without the graph.</summary>
    public string ToSarif() => Formats.SarifFormat.Write(this);

    /// <summary>Graphviz DOT: the graph with the cycles in red.</summary>
    public string ToDot() => Formats.GraphFormats.WriteDot(this);

    /// <summary>A Mermaid flowchart: the graph with the cycles in red.</summary>
    public string ToMermaid() => Formats.GraphFormats.WriteMermaid(this);

    /// <summary>One HTML page that needs nothing else: the graph drawn, the cycles in red, stacks on click.</summary>
    public string ToHtml() => Formats.HtmlFormat.Write(this);

    /// <summary>The steps of all cycles and paths, by the names of their classes.</summary>
    internal HashSet<(string From, string To)> BadSteps()
    {
        var steps = new HashSet<(string From, string To)>();
        foreach (LockViolation violation in Violations)
        {
            foreach (LockViolationEdge edge in violation.Dependencies)
            {
                steps.Add((NameOf(edge.Held), NameOf(edge.Wanted)));
            }
        }

        return steps;
    }

    internal List<string> ClassNames()
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (LockDependency dependency in Dependencies)
        {
            names.Add(dependency.From);
            names.Add(dependency.To);
        }

        foreach (LockViolation violation in Violations)
        {
            foreach (LockViolationEdge edge in violation.Dependencies)
            {
                names.Add(NameOf(edge.Held));
                names.Add(NameOf(edge.Wanted));
            }

            if (violation.Dependencies.Count == 0)
            {
                names.UnionWith(violation.ClassNames);
            }
        }

        return [.. names];
    }

    /// <summary>As in the graph, where two classes that are called the same have two names.</summary>
    private string NameOf(HeldLock held) => _names.GetValueOrDefault((held.Class, held.Subclass), held.ClassName);
}
