// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Graph;

// Checks whether the threads of a set can all reach the point where they wait. Each thread follows its path in stages and completes a stage
// in one step: first it acquires and releases everything that was ever seen to be acquired and released there, then it acquires what it
// keeps. Paths are distinguished by the source lines of their acquisitions, so a positive answer is correct if no lock is, at the same
// line, first acquired and released and then acquired and kept. A negative answer may be too cautious.
internal sealed partial class DeadlockSearch
{
    private const int MostPlaces = 1024;
    private const int MostRefused = 8;

    private int _refused;

    private readonly record struct Need(LockMap Map, LockAcquireMode Mode, int Permits);

    /// <summary>The locks that are held at a stage, and those that must be free for the thread to continue.</summary>
    private sealed record Stage(SituationItem[] Held, Need[] Needs);

    private bool CanAllArrive()
    {
        if (_roles.TrueForAll(static role => role.Situation.IsInsideOut))
        {
            return true;
        }

        if (AnyArrive([]))
        {
            return true;
        }

        _refused++;
        return false;
    }

    // One situation stands for all paths on which the same lock was wanted with the same locks held; each of them may be the one that
    // arrives.
    private bool AnyArrive(List<List<Stage>> chosen)
    {
        if (chosen.Count == _roles.Count)
        {
            return Arrive(chosen);
        }

        DeadlockRole role = _roles[chosen.Count];
        foreach (Situation path in PathsTo(role.Situation))
        {
            if (_refused >= MostRefused || ++_steps >= Budget)
            {
                return false;
            }

            if (WayOf(role with { Situation = path }) is { } way && AnyArrive([.. chosen, way]))
            {
                return true;
            }
        }

        return false;
    }

    private IReadOnlyList<Situation> PathsTo(Situation situation)
        => situation.Held.Length == 0 ? [situation] : table.Paths.LikeThat(situation);

    private bool Arrive(List<List<Stage>> ways)
    {
        var seen = new HashSet<long>();
        var open = new Stack<int[]>();
        open.Push(new int[ways.Count]);
        while (open.TryPop(out int[]? places))
        {
            long key = 0;
            bool isThere = true;
            for (int i = 0; i < places.Length; i++)
            {
                key = (key * (ways[i].Count + 1)) + places[i];
                isThere &= places[i] == ways[i].Count;
            }

            if (isThere)
            {
                return true;
            }

            if (!seen.Add(key))
            {
                continue;
            }

            if (seen.Count > MostPlaces)
            {
                return false;
            }

            for (int i = 0; i < places.Length; i++)
            {
                if (places[i] < ways[i].Count && CanLeave(ways, places, i))
                {
                    int[] next = [.. places];
                    next[i]++;
                    open.Push(next);
                }
            }
        }

        return false;
    }

    private bool CanLeave(List<List<Stage>> ways, int[] places, int mover)
    {
        foreach (Need need in ways[mover][places[mover]].Needs)
        {
            LockMap wanted = Exchanged(_roles[mover], need.Map);
            int permits = need.Permits;
            for (int i = 0; i < places.Length; i++)
            {
                if (i == mover)
                {
                    continue;
                }

                foreach (SituationItem item in ways[i][Math.Min(places[i], ways[i].Count - 1)].Held)
                {
                    if (!ReferenceEquals(MapOf(_roles[i], item), wanted))
                    {
                        continue;
                    }

                    permits++;
                    if (wanted.Capacity == 1 && Excludes(item.Mode, need.Mode))
                    {
                        return false;
                    }
                }
            }

            if (wanted.Capacity > 1 && permits > wanted.Capacity)
            {
                return false;
            }
        }

        return true;
    }

    private List<Stage>? WayOf(DeadlockRole role)
    {
        Situation situation = role.Situation;
        if (StacksTo(situation.Held, situation.Want.Record.Context) is not { } stacks || stacks.Exists(static held => held.Length > PathTable.MostDepth))
        {
            return null;
        }

        var way = new List<Stage>(stacks.Count);
        for (int i = 0; i < stacks.Count; i++)
        {
            SituationItem[] held = stacks[i];
            SituationItem? next = i == stacks.Count - 1 ? situation.Want
                : stacks[i + 1].Length > held.Length ? stacks[i + 1][^1]
                : null;
            way.Add(new Stage(held, [.. NeedsAt(held, next, role)]));
            if (i < stacks.Count - 1 && next is { } taken)
            {
                way.Add(new Stage(held, [NeedOf(held, taken)]));
            }
        }

        return way;
    }

    // Every list of held locks on the way, from the empty one to this one; null if that is not known.
    private static List<SituationItem[]>? StacksTo(SituationItem[] held, ContextSet context)
    {
        int last = Array.FindLastIndex(held, static item => item.Path is not null);
        if (last < 0)
        {
            return [.. Enumerable.Range(0, held.Length + 1).Select(count => held[..count])];
        }

        HeldPath path = held[last].Path!;
        if (ReferenceEquals(path, HeldPath.Unknown))
        {
            return null;
        }

        SituationItem[] before = ItemsBefore(path, context);
        SituationItem[] now = ItemsAfter(path, context);
        int kept = Array.FindIndex(now, item => ReferenceEquals(item.Map, held[last].Map)) + 1;
        if (StacksTo(before, context) is not { } stacks || kept == 0 || AcquiredSince(now[..kept], held[..(last + 1)]) is not { } since)
        {
            return null;
        }

        for (int count = now.Length; count >= kept; count--)
        {
            stacks.Add(now[..count]);
        }

        for (int count = 1; count <= since.Length; count++)
        {
            stacks.Add([.. now[..kept], .. since[..count]]);
        }

        for (int count = since.Length > 0 ? last + 1 : last + 2; count <= held.Length; count++)
        {
            stacks.Add(held[..count]);
        }

        return stacks;
    }

    /// <summary>
    /// The locks that stand in a list although they were acquired after all that was kept: those of a flow that came to the thread stand
    /// below the thread's own. Null if something that was kept is not in the list, or in another order.
    /// </summary>
    private static SituationItem[]? AcquiredSince(SituationItem[] kept, SituationItem[] held)
    {
        var since = new List<SituationItem>();
        int found = 0;
        foreach (SituationItem item in held)
        {
            if (found < kept.Length && ReferenceEquals(kept[found].Map, item.Map))
            {
                found++;
            }
            else
            {
                since.Add(item);
            }
        }

        return found == kept.Length ? [.. since] : null;
    }

    private static SituationItem[] ItemsBefore(HeldPath path, ContextSet context)
        => [.. path.Before.Where(step => step.Record.Context.Equals(context)).Select(static step => new SituationItem(step.Map, step.Record, step.Path))];

    private static SituationItem[] ItemsAfter(HeldPath path, ContextSet context)
        => [.. path.Before
            .Select((step, i) => (step.Map, step.Record, Path: i > path.Released ? path : step.Path, IsHeld: i != path.Released))
            .Where(step => step.IsHeld && step.Record.Context.Equals(context))
            .Select(static step => new SituationItem(step.Map, step.Record, step.Path))];

    // All locks that were ever wanted with these locks held, except the next one of the path. A thread that holds nothing blocks no other.
    private IEnumerable<Need> NeedsAt(SituationItem[] held, SituationItem? next, DeadlockRole role)
    {
        if (held.Length == 0)
        {
            yield break;
        }

        IReadOnlyList<Situation> paths = table.Paths.BeginningWith(held);
        _steps += paths.Count / 16;
        foreach (Situation other in paths)
        {
            if (other.Number >= role.Situation.Number)
            {
                break; // observed later, so not on this path
            }

            if (other.CanHang && !(role.IsSubstituted && IsNested(other, _original!.Class)))
            {
                SituationItem first = other.Held.Length > held.Length ? other.Held[held.Length] : other.Want;
                if (!ReferenceEquals(first.Map, next?.Map) || !ReferenceEquals(first.Record.Site, next?.Record.Site))
                {
                    yield return NeedOf(other.Held, other.Want);
                }
            }
        }
    }

    private static bool IsNested(Situation situation, LockClass lockClass)
        => Array.FindAll([.. situation.Held, situation.Want], item => ReferenceEquals(item.Class, lockClass)).Length > 1;

    private static Need NeedOf(SituationItem[] held, SituationItem wanted)
        => new(wanted.Map, wanted.Mode, 1 + Array.FindAll(held, item => ReferenceEquals(item.Map, wanted.Map)).Length);

    private LockMap Exchanged(DeadlockRole role, LockMap map) => role.IsSubstituted && ReferenceEquals(map, _original) ? _standIn! : map;
}
