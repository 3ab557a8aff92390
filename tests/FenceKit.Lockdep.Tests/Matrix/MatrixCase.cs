// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>One case of the kernel's self-test: events, and what must or must not be reported.</summary>
/// <param name="Group">The number of the group in the reference table.</param>
/// <param name="Name">The name of the case, with column and order of events.</param>
/// <param name="Events">One line of the scenario language for each event.</param>
/// <param name="Default">The mode of an acquisition that names none: W, r or R.</param>
/// <param name="Report">The kind that must be reported, or null when nothing must be.</param>
/// <param name="Names">The classes that the report must name, without order.</param>
/// <param name="Edges">For innocent cases all dependencies, such as <c>A>B:EN</c>.</param>
public sealed record MatrixCase(
    string Group, string Name, string[] Events, char Default, LockViolationKind? Report, string[] Names, string[] Edges)
{
    public override string ToString() => $"{Group} {Name}";

    public static IEnumerable<int[]> Orders(int count)
    {
        if (count == 1)
        {
            yield return [0];
            yield break;
        }

        foreach (int[] shorter in Orders(count - 1))
        {
            for (int at = 0; at < count; at++)
            {
                yield return [.. shorter[..at], count - 1, .. shorter[at..]];
            }
        }
    }

    /// <summary>The same case with its events in every order.</summary>
    public IEnumerable<MatrixCase> InEveryOrder()
    {
        foreach (int[] order in Orders(Events.Length))
        {
            yield return this with
            {
                Name = $"{Name} {string.Concat(order.Select(static i => i + 1))}",
                Events = [.. order.Select(i => Events[i])],
            };
        }
    }
}
