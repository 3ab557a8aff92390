// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

// Signals for which only the moment of signaling is known: for example a pulse under locks that were acquired earlier.
public sealed partial class LockValidator
{
    private readonly ConcurrentDictionary<ulong, bool> _signals = new(); // keys of held locks with the signaled object

    /// <summary>Like <see cref="Wait(LockMap, string, int)"/>, with an existing site.</summary>
    internal void WaitFor(LockMap map, LockAttempt attempt, LockSite? site)
    {
        AcquireShape shape = AcquireShape.Of(LockAcquireMode.Exclusive, attempt, map.Subclass).AsWait();
        ulong own = OwnKey(map.Identity, shape, null, 0);
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushKnown(map, own, site))
        {
            AcquireForeignSlow(stack, map.Class, map, shape, null, own, site);
        }

        stack.TryPopTop(map);
    }

    /// <summary>
    /// Records that an object is signaled here. All locks of the thread were acquired on the way to the signal. Only classes are taught,
    /// because it is not known which of several signalers will end a wait.
    /// </summary>
    /// <param name="signal">The object that waiters wait for.</param>
    /// <param name="except">A lock that the waiter releases during the wait.</param>
    /// <param name="site">The site of the signal.</param>
    internal void NoteSignal(LockMap signal, object except, LockSite? site)
    {
        LockHolder stack = LockHolder.Current(this);
        stack.Settle();
        if (stack.Depth <= 1 || stack.IsSuppressed || stack.IsReporting)
        {
            return;
        }

        ulong key = stack.KeyFor(signal.Identity);
        if (_signals.ContainsKey(key))
        {
            return;
        }

        LockMap exempt = MapOf(except, signal.Class);
        var signaled = new SituationItem(signal, SignalRecord(signal, site));
        List<LockViolation> found = [];
        List<LockViolation>? admitted;
        SituationItem[] held = ItemsOf(stack, stack.Depth);
        using (_gate.EnterScope())
        {
            if (_signals.Count < _options.ChainCapacity)
            {
                _signals.TryAdd(key, true);
            }

            foreach (SituationItem item in held)
            {
                if (!ReferenceEquals(item.Map, exempt) && item.Record.Attempt != LockAttempt.Try)
                {
                    TeachLocked(stack, signaled, item, found);
                }
            }

            admitted = AdmitLocked(found);
        }

        if (admitted is not null)
        {
            Deliver(stack, admitted);
        }
    }

    private void TeachLocked(LockHolder stack, SituationItem signaled, SituationItem taken, List<LockViolation> found)
    {
        var wanted = new Acquisition { Stack = stack, Map = taken.Map, Record = taken.Record, NestedIn = null, Held = [signaled] };
        LockNode from = _graph.NodeOf(signaled.Class, 0);
        LockNode node = _graph.NodeOf(taken.Class, taken.Record.Subclass);
        AddFindingLocked(found, null, AddDependencyLocked(wanted, from, signaled, node, found));
    }

    private ChainRecord SignalRecord(LockMap signal, LockSite? site) => new()
    {
        Class = signal.Class,
        Shape = AcquireShape.Of(LockAcquireMode.Shared, LockAttempt.Try),
        SiteToken = site,
        Site = site,
        Stack = CaptureFor(site),
        Context = default,
    };
}
