// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

public sealed partial class LockReport
{
    /// <summary>Merges the reports of several processes or runs.</summary>
    /// <remarks>
    /// Of findings with the same <see cref="LockViolation.Key"/>, the first of those with the highest confidence is kept; a finding without
    /// a key is always kept. Of dependencies between the same two classes, by name, the first is kept, with the kinds of all. Thread safe;
    /// allocates.
    /// </remarks>
    /// <param name="reports">The reports; an empty sequence results in an empty report.</param>
    /// <exception cref="ArgumentNullException"><paramref name="reports"/> is null.</exception>
    /// <exception cref="ArgumentException">One of the reports is null.</exception>
    public static LockReport Merge(IEnumerable<LockReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        var violations = new List<LockViolation>();
        var surest = new Dictionary<string, int>();
        var dependencies = new OrderedDictionary<(string From, string To), LockDependency>();
        var names = new Dictionary<(LockClass Class, int Subclass), string>();
        foreach (LockReport report in reports)
        {
            if (report is null)
            {
                throw new ArgumentException("One of the reports is null.", nameof(reports));
            }

            foreach (LockViolation violation in report.Violations)
            {
                if (!surest.TryGetValue(violation.Key, out int known) || violations[known].Confidence < violation.Confidence)
                {
                    surest[violation.Key] = violations.Count;
                }

                violations.Add(violation);
            }

            foreach (LockDependency dependency in report.Dependencies)
            {
                (string, string) pair = (dependency.From, dependency.To);
                dependencies[pair] = !dependencies.TryGetValue(pair, out LockDependency? known) ? dependency
                    : new LockDependency(known.From, known.To, known.Kinds | dependency.Kinds, known.Evidence!);
            }

            foreach (((LockClass Class, int Subclass) node, string name) in report._names)
            {
                names.TryAdd(node, name);
            }
        }

        IEnumerable<LockViolation> left = violations.Where((violation, i) => violation.Key.Length == 0 || surest[violation.Key] == i);
        return new LockReport(left, [.. dependencies.Values], names);
    }

    /// <summary>Returns a report with the selected findings and the whole graph.</summary>
    /// <param name="predicate">True for a finding to keep.</param>
    /// <exception cref="ArgumentNullException"><paramref name="predicate"/> is null.</exception>
    public LockReport Where(Func<LockViolation, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return new LockReport(Violations.Where(predicate), Dependencies, _names);
    }
}
