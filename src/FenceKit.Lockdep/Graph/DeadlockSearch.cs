// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Graph;

/// <summary>A thread of a deadlock: its situation, possibly with another instance in place of the observed one.</summary>
internal readonly record struct DeadlockRole(Situation Situation, bool IsSubstituted);

/// <summary>
/// Searches for a deadlock: a set of situations, including the newest one, in which every thread waits for another one of the set and all
/// held locks can be held at the same time. The second condition excludes sets with a common guard lock. A shared acquisition counts as
/// waiting only if a writer in the set waits for the same lock.
/// </summary>
/// <remarks>
/// If locks are released in reverse order of acquisition, a set that was found is reachable, or another one is: let the threads run to
/// their wait one after the other. If they are released in another order, a lock that only serialized the path to the wait can make the set
/// unreachable, so the paths are checked.
/// </remarks>
internal sealed partial class DeadlockSearch(SituationTable table)
{
    private const int MostRoles = 8;
    private const int MostPairs = 64;

    private readonly List<DeadlockRole> _roles = [];
    private int _steps;
    private bool _hasGivenUp;
    private int _limit;
    private LockMap? _original;
    private LockMap? _standIn;
    private bool _assumes;

    /// <summary>The maximum number of steps of a search; a search that exceeds it is counted in <see cref="GaveUp"/>.</summary>
    public int Budget { get; set; } = 20_000;

    /// <summary>The number of searches that exceeded the budget.</summary>
    public long GaveUp { get; private set; }

    /// <summary>Finds the smallest set of the observed instances themselves.</summary>
    public IReadOnlyList<DeadlockRole>? FindCertain(Situation seed)
    {
        _original = _standIn = null;
        Begin();
        return Smallest(new DeadlockRole(seed, false));
    }

    /// <summary>
    /// Finds the smallest set of the observed instances, assuming that each lock was held until the lock wanted under it was granted.
    /// </summary>
    public IReadOnlyList<DeadlockRole>? FindAssuming(Situation seed)
    {
        if (!table.HasUncertain)
        {
            return null;
        }

        _assumes = true;
        try
        {
            return FindCertain(seed);
        }
        finally
        {
            _assumes = false;
        }
    }

    /// <summary>Finds the smallest set in which one instance replaces another of its class.</summary>
    public IReadOnlyList<DeadlockRole>? FindLikely(Situation seed, IEnumerable<LockClass> classes, out LockMap? original, out LockMap? standIn)
    {
        Begin();
        int pairs = 0;
        foreach (LockClass lockClass in classes)
        {
            if (!lockClass.IsDeclared && seed.Nests(lockClass))
            {
                continue; // it shows an order inside the class; see IsOrdered
            }

            IReadOnlyList<LockMap> instances = table.InstancesOf(lockClass);
            foreach (LockMap first in instances)
            {
                foreach (LockMap second in instances)
                {
                    if (ReferenceEquals(first, second))
                    {
                        continue;
                    }

                    if (pairs++ == MostPairs)
                    {
                        GaveUp++;
                        original = standIn = null;
                        return null;
                    }

                    _original = first;
                    _standIn = second;
                    IReadOnlyList<DeadlockRole>? found = seed.CanSubstitute(first) ? Smallest(new DeadlockRole(seed, true)) : null;
                    found ??= Smallest(new DeadlockRole(seed, false));
                    if (found is not null)
                    {
                        (original, standIn) = (first, second);
                        return found;
                    }
                }
            }
        }

        original = standIn = null;
        return null;
    }

    /// <summary>Finds the smallest set in which an instance that is new replaces another of its class.</summary>
    public IReadOnlyList<DeadlockRole>? FindLikely(LockMap newInstance, Func<Situation, bool> isWorthwhile, out LockMap? original)
    {
        Begin();
        _standIn = newInstance;
        foreach (LockMap other in table.InstancesOf(newInstance.Class))
        {
            if (ReferenceEquals(other, newInstance))
            {
                continue;
            }

            _original = other;
            foreach (Situation situation in table.Involving(other))
            {
                if (situation.CanSubstitute(other) && isWorthwhile(situation) && Smallest(new DeadlockRole(situation, true)) is { } found)
                {
                    original = other;
                    return found;
                }

                if (_steps >= Budget)
                {
                    original = null;
                    return null;
                }
            }
        }

        original = null;
        return null;
    }

    // If locks were released in another order than the reverse of their acquisition, the path matters, and no paths are kept for uncertain
    // situations.
    private bool CanTakePart(Situation situation)
        => situation.CanHang && (_assumes || situation.Uncertain.Length == 0 || situation.IsInsideOut);

    // A lock that may not stay held does not certainly block another thread. It may still be held, and exclude a set as a guard does;
    // FitsBeside covers that, because it looks at all held locks.
    private bool StaysHeld(DeadlockRole role, SituationItem item) => _assumes || Array.IndexOf(role.Situation.Uncertain, item.Map) < 0;

    private void Begin()
    {
        _steps = _refused = 0;
        _hasGivenUp = false;
    }

    public LockMap MapOf(DeadlockRole role, SituationItem item)
        => role.IsSubstituted && ReferenceEquals(item.Map, _original) ? _standIn! : item.Map;

    private DeadlockRole[]? Smallest(DeadlockRole seed)
    {
        if (!CanTakePart(seed.Situation) || NeverBlocks(seed) || IsOrdered(seed))
        {
            return null;
        }

        for (_limit = 1; _limit <= MostRoles; _limit++)
        {
            _roles.Clear();
            _roles.Add(seed);
            _wasCut = false;
            if (Complete())
            {
                return [.. _roles];
            }

            if (!_wasCut)
            {
                return null;
            }
        }

        return null;
    }
}
