// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// An object that threads wait for until it is signaled: an event, a pulse, the task of a completion source. A waiter holds locks during
/// the wait, and a signaler has acquired locks on the way to the signal; a lock that every signaler needs must not be held by a waiter. All
/// signalers are known only at the end of the run. Thread safe.
/// </summary>
/// <param name="name">The name of its class.</param>
/// <param name="needsAll">Whether every signal is needed, as for a countdown; otherwise one is enough.</param>
internal sealed class SignalState(string name, bool needsAll = false)
{
    private const int MostSignalers = 16;
    private const int MostWaiters = 16;
    private const int MostHolds = 64;
    private const string Assumption = "the wait begins before the signal, and nobody else gives it";

    private readonly UninterruptedLock _gate = new();
    private readonly List<Signaler> _signalers = []; // under the gate
    private readonly List<Waiter> _waiters = []; // under the gate
    private LockMap? _map;
    private (Thread Thread, JudgedWant[] Way)? _last; // under the gate
    private Situation? _lastSignal; // of _last; written under the gate
    private Situation? _lastWait; // since _last; written under the gate
    private volatile bool _isFree;
    private volatile bool _isOpen;

    private sealed record Signaler(JudgedWant[] Way, Thread Thread, ChainRecord Record)
    {
        public HashSet<FlowNode> Holds { get; } = [];
    }

    /// <summary>A thread with what it holds. A channel may have millions of signals and waits in the same situation, of which one says everything.</summary>
    private sealed record Situation(Thread Thread, ulong Chain, FlowNode? Flow)
    {
        public static Situation Here() => new(Thread.CurrentThread, Session.Validator.SituationHere(), Session.Validator.FlowHere);

        public bool IsHere => ReferenceEquals(Thread, Thread.CurrentThread) && ReferenceEquals(Flow, Session.Validator.FlowHere) && Chain == Session.Validator.SituationHere();
    }

    private sealed record Waiter(HeldStep[] Held, Thread Thread, ChainRecord Record, string ThreadName, FlowNode[] Holds);

    /// <summary>True when the object is signaled and is never reset: no thread has to wait.</summary>
    public bool IsOpen
    {
        get => _isOpen;
        set => _isOpen = value;
    }

    private LockMap Map => LazyInitializer.EnsureInitialized(ref _map, () => new LockMap(LockClasses.MakeAlone(name)));

    /// <summary>Records a signaler that needs no lock, or is unknown: waiters can rely on it.</summary>
    public void Free() => _isFree = true;

    /// <summary>Records that this thread signals.</summary>
    /// <param name="site">The site, if it is known.</param>
    /// <param name="except">A lock that waiters release during the wait.</param>
    public void Signal(LockCallSite? site, object? except = null)
    {
        if (_isFree || Volatile.Read(ref _lastSignal) is { IsHere: true }) // pairs with the write below; only this thread writes one that is here
        {
            return;
        }

        using var ignored = LockValidator.Ignore();
        JudgedWant[] way = Session.Validator.WayHere(except);
        if (way.Length == 0)
        {
            _isFree = !needsAll;
            return;
        }

        using (_gate.EnterScope())
        {
            _last = (Thread.CurrentThread, way);
            _lastSignal = null;
            _lastWait = null; // who has given it may be somebody else now
            Signaler? signaler = _signalers.Find(known => ReferenceEquals(known.Thread, Thread.CurrentThread) && IsSame(known.Way, way));
            if (signaler is null)
            {
                if (_signalers.Count == MostSignalers)
                {
                    _isFree |= !needsAll;
                    return;
                }

                AcquireShape shape = AcquireShape.Of(LockAcquireMode.Shared, LockAttempt.Try);
                signaler = new Signaler(way, Thread.CurrentThread, LockValidator.RecordOf(Map, shape, site?.Place));
                _signalers.Add(signaler);
            }

            if (signaler.Holds.Count < MostHolds)
            {
                signaler.Holds.UnionWith(Session.Validator.HoldsHere());
            }

            Volatile.Write(ref _lastSignal, Situation.Here()); // pairs with the read above
        }
    }

    /// <summary>Records that this thread, or its flow, waits without a limit.</summary>
    public void Wait(LockCallSite site, object? except = null)
    {
        if (_isFree || _isOpen || Volatile.Read(ref _lastWait) is { IsHere: true }) // pairs with the write below; only this thread writes one that is here
        {
            return;
        }

        using var ignored = LockValidator.Ignore();
        HeldStep[] held = Array.FindAll(Session.Validator.HeldHere(except), static step => !step.Map.StandsForMany);
        if (held.Length == 0)
        {
            return;
        }

        bool isFirst;
        using (_gate.EnterScope())
        {
            Volatile.Write(ref _lastWait, Situation.Here()); // pairs with the read above
            if (_last is { } last && ReferenceEquals(last.Thread, Thread.CurrentThread) && Array.TrueForAll(held, step => Array.Exists(last.Way, way => IsOnePlace(step, way))))
            {
                return; // what it waits for it has given itself
            }

            if (_waiters.Count == MostWaiters || _waiters.Exists(known => ReferenceEquals(known.Thread, Thread.CurrentThread) && IsSame(known.Held, held)))
            {
                return;
            }

            isFirst = _waiters.Count == 0;
            ChainRecord record = LockValidator.RecordOf(Map, AcquireShape.Of(LockAcquireMode.Exclusive).AsWait(), site.Place);
            _waiters.Add(new Waiter(held, Thread.CurrentThread, record, Rules.Acquisition.NameOf(Thread.CurrentThread), Session.Validator.HoldsHere()));
        }

        if (isFirst)
        {
            RunEnd.Add(this);
        }
    }

    /// <summary>Validates the recorded waits and signals, when there will be no more signals.</summary>
    public void Judge()
    {
        using (_gate.EnterScope())
        {
            JudgedWant[] steps = _isFree ? [] : [.. Steps()];
            if (steps.Length > 0)
            {
                Session.Validator.Judge(
                    [.. _waiters.Select(waiter => new JudgedWant(waiter.Held, Map, waiter.Record, waiter.ThreadName)), .. steps], Map, Assumption);
            }
        }
    }

    // The locks that all signalers need; otherwise another signaler could end the wait.
    private IEnumerable<JudgedWant> Steps()
    {
        foreach (Signaler signaler in _signalers)
        {
            var signal = new HeldStep(Map, signaler.Record, null);
            foreach (JudgedWant step in signaler.Way)
            {
                bool isNeeded = needsAll || _signalers.TrueForAll(other => Array.Exists(other.Way, way => ReferenceEquals(way.Map, step.Map)));
                if (isNeeded && !_waiters.Exists(waiter => IsOneSection(waiter, signaler, step)))
                {
                    yield return step with { Held = [signal, .. step.Held] };
                }
            }
        }
    }

    // A thread that signals and then waits under the same lock, acquired once, does not wait for another thread. Nor does a flow wait for itself where what it has started
    // waits under a hold of the flow, and the flow signals under that very hold.
    private static bool IsOneSection(Waiter waiter, Signaler signaler, JudgedWant step) =>
        (ReferenceEquals(waiter.Thread, signaler.Thread) && Array.Exists(waiter.Held, held => IsOnePlace(held, step)))
        || Array.Exists(waiter.Holds, hold => ReferenceEquals(hold.Map, step.Map) && signaler.Holds.Contains(hold));

    private static bool IsOnePlace(HeldStep held, JudgedWant step)
        => ReferenceEquals(held.Map, step.Map) && held.Record.Site?.Line == step.Record.Site?.Line && held.Record.Site?.File == step.Record.Site?.File;

    private static bool IsSame(JudgedWant[] one, JudgedWant[] other)
        => one.Length == other.Length && !one.Where((step, i) => !ReferenceEquals(step.Map, other[i].Map)).Any();

    private static bool IsSame(HeldStep[] one, HeldStep[] other)
        => one.Length == other.Length && !one.Where((step, i) => !ReferenceEquals(step.Map, other[i].Map)).Any();
}
