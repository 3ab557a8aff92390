// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>All reports of a run together with the graph, in every format.</summary>
/// <remarks>Immutable and thread safe; each format allocates its text.</remarks>
[DebuggerDisplay("{Violations.Count} violations, {Dependencies.Count} dependencies")]
public sealed partial class LockReport
{
    private readonly Dictionary<(LockClass Class, int Subclass), string> _names;

    internal LockReport(
        IEnumerable<LockViolation> violations, IReadOnlyList<LockDependency> dependencies, Dictionary<(LockClass Class, int Subclass), string> names)
    {
        Violations = [.. violations.OrderByDescending(static violation => violation.Confidence)];
        Dependencies = dependencies;
        _names = names;
    }

    /// <summary>The findings, those with the highest confidence first.</summary>
    public IReadOnlyList<LockViolation> Violations { get; }

    /// <summary>The graph.</summary>
    public IReadOnlyList<LockDependency> Dependencies { get; }

    /// <summary>Creates a report from the graph and the findings of a validator.</summary>
    /// <param name="validator">The validator.</param>
    /// <exception cref="ArgumentNullException"><paramref name="validator"/> is null.</exception>
    public static LockReport Create(LockValidator validator)
    {
        ArgumentNullException.ThrowIfNull(validator);
        return Create(validator, validator.Violations);
    }

    /// <summary>Creates a report from the graph of a validator and findings that were collected from it.</summary>
    /// <param name="validator">The validator.</param>
    /// <param name="violations">The reports, such as <see cref="CollectingSink.Violations"/>.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static LockReport Create(LockValidator validator, IEnumerable<LockViolation> violations)
    {
        ArgumentNullException.ThrowIfNull(validator);
        ArgumentNullException.ThrowIfNull(violations);
        return new LockReport(violations, validator.GetDependencies(), validator.GetNodeNames());
    }

    /// <summary>Reads the output of <see cref="ToJson"/>. The report produces the same texts as the original.</summary>
    /// <remarks>
    /// Thread safe; allocates. Properties that a tool has added are skipped. The classes are new objects with the old names and subclasses:
    /// a report does not contain their rules. A lone surrogate in a name stays in its escaped form of six characters.
    /// </remarks>
    /// <param name="json">The text; it may come from anywhere.</param>
    /// <exception cref="ArgumentNullException"><paramref name="json"/> is null.</exception>
    /// <exception cref="FormatException">The text is not such a report; the message says where and why.</exception>
    public static LockReport Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Formats.JsonReader.Read(json);
    }

    /// <summary>Plain text: one report after the other.</summary>
    public string ToText() => string.Join(Environment.NewLine, Violations.Select(static violation => violation.ToString()));

    /// <summary>JSON, with the graph. <see cref="Parse"/> reads it.</summary>
    public string ToJson() => Formats.JsonFormat.Write(this);

    /// <summary>SARIF 2.1.0, for code scanning; without the graph.</summary>
    public string ToSarif() => Formats.SarifFormat.Write(this);

    /// <summary>Graphviz DOT: the graph with the cycles in red.</summary>
    public string ToDot() => Formats.GraphFormats.WriteDot(this);

    /// <summary>A Mermaid flowchart: the graph with the cycles in red.</summary>
    public string ToMermaid() => Formats.GraphFormats.WriteMermaid(this);

    /// <summary>A self-contained HTML page: the graph drawn, the cycles in red, stacks on click.</summary>
    public string ToHtml() => Formats.HtmlFormat.Write(this);

    /// <summary>The lock order of the report, as <see cref="LockValidator.ExportSnapshot"/> returns it.</summary>
    public LockOrderSnapshot ToSnapshot() => LockOrderSnapshot.Create(
        Dependencies.Where(static edge => edge.From != edge.To).Select(static edge => new LockDependency(edge.From, edge.To, edge.Kinds)));

    /// <summary>
    /// The order of names in every format. It compares the escaped names, so that a report that was read back has the same order.
    /// </summary>
    internal static int CompareNames(string left, string right) =>
        string.CompareOrdinal(WellFormed.Of(left), WellFormed.Of(right)) is var order and not 0 ? order : string.CompareOrdinal(left, right);

    /// <summary>The name of the lock's node in the graph, where two classes of the same name have different names.</summary>
    internal string NodeOf(HeldLock held) => _names.GetValueOrDefault((held.Class, held.Subclass), held.ClassName);

    /// <summary>The edges of all cycles and paths, by the names of their classes.</summary>
    internal HashSet<(string From, string To)> BadSteps()
    {
        var steps = new HashSet<(string From, string To)>();
        foreach (LockViolation violation in Violations)
        {
            foreach (LockViolationEdge edge in violation.Dependencies)
            {
                steps.Add((NodeOf(edge.Held), NodeOf(edge.Wanted)));
            }
        }

        return steps;
    }

    internal List<string> ClassNames()
    {
        var names = new SortedSet<string>(Comparer<string>.Create(CompareNames));
        foreach (LockDependency dependency in Dependencies)
        {
            names.Add(dependency.From);
            names.Add(dependency.To);
        }

        foreach (LockViolation violation in Violations)
        {
            foreach (LockViolationEdge edge in violation.Dependencies)
            {
                names.Add(NodeOf(edge.Held));
                names.Add(NodeOf(edge.Wanted));
            }

            if (violation.Dependencies.Count == 0)
            {
                names.UnionWith(violation.ClassNames);
            }
        }

        return [.. names];
    }
}
