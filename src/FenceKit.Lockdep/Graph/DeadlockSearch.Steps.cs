// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Graph;

internal sealed partial class DeadlockSearch
{
    private bool _wasCut;

    /// <summary>
    /// Adds roles until every thread waits for another one. False when that is not possible within the limit; the roles are then unchanged.
    /// </summary>
    private bool Complete()
    {
        if (++_steps >= Budget || _refused >= MostRefused)
        {
            GaveUp += _hasGivenUp ? 0 : 1;
            _hasGivenUp = true;
            return false;
        }

        for (int i = 0; i < _roles.Count; i++)
        {
            if (!IsBlocked(i))
            {
                return AddBlockerFor(_roles[i]);
            }
        }

        return !SomebodyBacksOff() && CanAllArrive();
    }

    // Whether some thread of the set backs off: every thread waits under a protocol that breaks deadlocks, and the locks that the others
    // wait for are those that it would give back. With one wait outside the protocol in the cycle, the protocol does not detect it.
    private bool SomebodyBacksOff()
    {
        foreach (DeadlockRole role in _roles)
        {
            if (!role.Situation.Want.Record.Shape.BacksOff)
            {
                return false;
            }

            foreach (SituationItem item in role.Situation.Held)
            {
                bool isGivenBack = item.Record.Shape.BacksOff && ReferenceEquals(item.Class, role.Situation.Want.Class);
                if (!isGivenBack && IsWanted(MapOf(role, item)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool IsWanted(LockMap map)
    {
        foreach (DeadlockRole role in _roles)
        {
            if (ReferenceEquals(MapOf(role, role.Situation.Want), map))
            {
                return true;
            }
        }

        return false;
    }

    private bool AddBlockerFor(DeadlockRole waiter)
    {
        if (_roles.Count == _limit)
        {
            _wasCut = true;
            return false;
        }

        LockMap wanted = MapOf(waiter, waiter.Situation.Want);
        LockAcquireMode mode = waiter.Situation.Want.Mode;
        foreach (DeadlockRole role in Candidates(wanted, static (table, map) => table.Holding(map)))
        {
            if (HoldsAgainst(role, wanted, mode) && TryWith(role))
            {
                return true;
            }
        }

        if (mode is LockAcquireMode.Shared or LockAcquireMode.Upgradeable)
        {
            foreach (DeadlockRole role in Candidates(wanted, static (table, map) => table.WantingToWrite(map)))
            {
                if (ReferenceEquals(MapOf(role, role.Situation.Want), wanted) && TryWith(role))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool TryWith(DeadlockRole role)
    {
        if (!CanTakePart(role.Situation) || NeverBlocks(role) || IsOrdered(role) || !FitsBeside(role))
        {
            return false;
        }

        _roles.Add(role);
        if (Complete())
        {
            return true;
        }

        _roles.RemoveAt(_roles.Count - 1);
        return false;
    }

    // Locks of an undeclared class, such as those of services that a container creates inside each other, may have an order where they
    // nest: a set that needs another instance would assume too much. For a declared class, its author has said that all its locks are
    // alike.
    private bool IsOrdered(DeadlockRole role) => _original is { Class.IsDeclared: false } && role.Situation.Nests(_original.Class);

    private IEnumerable<DeadlockRole> Candidates(LockMap wanted, Func<SituationTable, LockMap, IReadOnlyList<Situation>> select)
    {
        foreach (Situation situation in select(table, wanted))
        {
            yield return new DeadlockRole(situation, false);

            // The substituted instance may differ from the one that is waited for; it may be a guard, for example.
            if (_original is not null && !ReferenceEquals(wanted, _original) && situation.CanSubstitute(_original))
            {
                yield return new DeadlockRole(situation, true);
            }
        }

        if (_original is not null && ReferenceEquals(wanted, _standIn))
        {
            foreach (Situation situation in select(table, _original))
            {
                if (situation.CanSubstitute(_original))
                {
                    yield return new DeadlockRole(situation, true);
                }
            }
        }
    }

    private bool IsBlocked(int index)
    {
        DeadlockRole waiter = _roles[index];
        LockMap wanted = MapOf(waiter, waiter.Situation.Want);
        LockAcquireMode mode = waiter.Situation.Want.Mode;
        int permits = 0;
        for (int i = 0; i < _roles.Count; i++)
        {
            foreach (SituationItem item in _roles[i].Situation.Held)
            {
                if (!ReferenceEquals(MapOf(_roles[i], item), wanted) || !StaysHeld(_roles[i], item))
                {
                    continue;
                }

                permits++;
                if (wanted.Capacity == 1 && Conflicts(item.Mode, mode) && !(i == index && IsUpgrade(item.Mode, mode)))
                {
                    return true;
                }
            }
        }

        if (wanted.Capacity > 1 && permits >= wanted.Capacity)
        {
            return true;
        }

        return mode is LockAcquireMode.Shared or LockAcquireMode.Upgradeable && HasQueuedWriter(index, wanted);
    }

    private bool HasQueuedWriter(int except, LockMap wanted)
    {
        for (int i = 0; i < _roles.Count; i++)
        {
            SituationItem want = _roles[i].Situation.Want;
            if (i != except && want.Mode == LockAcquireMode.Exclusive && ReferenceEquals(MapOf(_roles[i], want), wanted))
            {
                return true;
            }
        }

        return false;
    }

    private bool HoldsAgainst(DeadlockRole role, LockMap wanted, LockAcquireMode mode)
    {
        foreach (SituationItem item in role.Situation.Held)
        {
            if (ReferenceEquals(MapOf(role, item), wanted) && StaysHeld(role, item) && (wanted.Capacity > 1 || Conflicts(item.Mode, mode)))
            {
                return true;
            }
        }

        return false;
    }

    // All held locks must be held at the same time, by different threads.
    private bool FitsBeside(DeadlockRole candidate)
    {
        foreach (SituationItem item in candidate.Situation.Held)
        {
            LockMap map = MapOf(candidate, item);
            int permits = 0;
            foreach (DeadlockRole role in _roles)
            {
                foreach (SituationItem other in role.Situation.Held)
                {
                    if (!ReferenceEquals(MapOf(role, other), map))
                    {
                        continue;
                    }

                    permits++;
                    if (map.Capacity == 1 && Excludes(item.Mode, other.Mode))
                    {
                        return false;
                    }
                }
            }

            if (map.Capacity > 1 && permits + PermitsOf(candidate, map) > map.Capacity)
            {
                return false;
            }
        }

        return true;
    }

    private int PermitsOf(DeadlockRole role, LockMap map)
    {
        int permits = 0;
        foreach (SituationItem item in role.Situation.Held)
        {
            permits += ReferenceEquals(MapOf(role, item), map) ? 1 : 0;
        }

        return permits;
    }

    // A thread that already reads overtakes waiting writers with a recursive read; an upgradeable holder reads and writes without queueing
    // behind itself.
    private bool NeverBlocks(DeadlockRole role)
    {
        LockMap wanted = MapOf(role, role.Situation.Want);
        LockAcquireMode mode = role.Situation.Want.Mode;
        foreach (SituationItem item in role.Situation.Held)
        {
            if (ReferenceEquals(MapOf(role, item), wanted)
                && ((mode == LockAcquireMode.SharedRecursive && item.Mode != LockAcquireMode.Exclusive)
                    || (mode == LockAcquireMode.Shared && item.Mode == LockAcquireMode.Upgradeable)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsUpgrade(LockAcquireMode held, LockAcquireMode wanted)
        => held == LockAcquireMode.Upgradeable && wanted == LockAcquireMode.Exclusive;

    private static bool Conflicts(LockAcquireMode held, LockAcquireMode wanted) => Excludes(held, wanted);

    private static bool Excludes(LockAcquireMode first, LockAcquireMode second)
        => first == LockAcquireMode.Exclusive || second == LockAcquireMode.Exclusive
            || (first == LockAcquireMode.Upgradeable && second == LockAcquireMode.Upgradeable);
}
