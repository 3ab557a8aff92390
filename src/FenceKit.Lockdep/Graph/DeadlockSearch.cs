// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Graph;

/// <summary>One thread of a deadlock: a situation, perhaps with another instance standing in for the one that was seen.</summary>
internal readonly record struct DeadlockRole(Situation Situation, bool IsSubstituted);

/// <summary>
/// Looks for a set of situations, with the newest among them, in which everybody waits for somebody in the set and everything held can be
/// held at the same time. Common guard locks exclude a set by that second condition; a shared acquisition counts as waiting only with a
/// writer in the set that waits for the same lock.
/// </summary>
/// <remarks>
/// With locks that are released inside out a set found is reachable, or another one is: let the threads run to their place one after the other.
/// Released in another order, a lock that only serialized the way there can make it unreachable, so the way is looked at.
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

    /// <summary>How many steps one search may take before it gives up, visibly.</summary>
    public int Budget { get; set; } = 20_000;

    /// <summary>Searches that gave up.</summary>
    public long GaveUp { get; private set; }

    /// <summary>The smallest set of the very instances seen.</summary>
    public IReadOnlyList<DeadlockRole>? FindCertain(Situation seed)
    {
        _original = _standIn = null;
        Begin();
        return Smallest(new DeadlockRole(seed, false));
    }

    /// <summary>The smallest set of the very instances seen, if each lock was held until what was wanted under it was granted.</summary>
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

    /// <summary>The smallest set in which one instance stands in for another of its class.</summary>
    public IReadOnlyList<DeadlockRole>? FindLikely(Situation seed, IEnumerable<LockClass> classes, out LockMap? original, out LockMap? standIn)
    {
        Begin();
        int pairs = 0;
        foreach (LockClass lockClass in classes)
        {
            if (!lockClass.IsDeclared && seed.Nests(lockClass))
            {
                continue; // it shows an order inside the class, see IsOrdered
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

    /// <summary>The smallest set in which an instance seen for the first time stands in for another of its class.</summary>
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

    // Where locks were released in another order than inside out the way matters, and no ways are kept of what is uncertain.
    private bool CanTakePart(Situation situation)
        => situation.CanHang && (_assumes || situation.Uncertain.Length == 0 || situation.IsInsideOut);

    // A lock of which it is not known whether it stays held stands in nobody's way for certain. That it may be held all the same, and keep a set
    // from coming about as a guard does, is thought of in FitsBeside, which looks at all that was held.
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
