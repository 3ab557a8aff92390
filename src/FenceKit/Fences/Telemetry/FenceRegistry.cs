// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;

// Uses the real lock also in the explorations; see FenceKitMeter.
using RealLock = System.Threading.Lock;

namespace FenceKit.Diagnostics;

/// <summary>
/// All live timelines, pools and notifiers, and the sums of the counters of those that have ended. Entering and leaving the registry is all
/// that a timeline does for the meter and for <see cref="WaitForGraph"/>.
/// </summary>
internal static class FenceRegistry
{
    private static readonly RealLock s_lock = new();
    private static Entry? s_first;      // under the lock
    private static MeterTotals s_ended; // under the lock

    /// <summary>
    /// A long weak reference to a source: it stays readable until the finalizer that calls Leave has run, so that totals never drop in
    /// between.
    /// </summary>
    internal sealed class Entry(IMeteredSource source) : WeakReference(source, trackResurrection: true)
    {
        internal Entry? Next;
        internal Entry? Previous;
        internal bool HasLeft;
    }

    internal static Entry Enter(IMeteredSource source)
    {
        FenceKitMeter.Publish();
        Entry entry = new(source);
        EnterLock();
        entry.Next = s_first;
        if (s_first is not null)
        {
            s_first.Previous = entry;
        }

        s_first = entry;
        s_lock.Exit();
        return entry;
    }

    /// <summary>Removes a source that has ended or is being finalized, and keeps its counters. A second call does nothing.</summary>
    internal static void Leave(Entry entry, IMeteredSource source)
    {
        EnterLock();
        if (!entry.HasLeft)
        {
            entry.HasLeft = true;
            source.AddTo(ref s_ended, ended: true);
            (entry.Previous is null ? ref s_first : ref entry.Previous.Next) = entry.Next;
            entry.Next?.Previous = entry.Previous;
            entry.Next = null;
            entry.Previous = null;
        }

        s_lock.Exit();
    }

    internal static MeterTotals Total()
    {
        EnterLock();
        MeterTotals totals = s_ended;
        for (Entry? entry = s_first; entry is not null; entry = entry.Next)
        {
            (entry.Target as IMeteredSource)?.AddTo(ref totals, ended: false);
        }

        s_lock.Exit();
        return totals;
    }

    /// <summary>Returns all live sources.</summary>
    internal static List<IMeteredSource> Alive()
    {
        List<IMeteredSource> alive = [];
        EnterLock();
        try
        {
            for (Entry? entry = s_first; entry is not null; entry = entry.Next)
            {
                if (entry.Target is IMeteredSource source)
                {
                    alive.Add(source);
                }
            }
        }
        finally
        {
            s_lock.Exit();
        }

        return alive;
    }

    /// <summary>Returns the numbers of pending fences by the names of the sources. The number of distinct names is up to the user.</summary>
    internal static IEnumerable<Measurement<long>> Pending(string tag)
    {
        Dictionary<string, long> byName = new(StringComparer.Ordinal);
        foreach (IMeteredSource source in Alive())
        {
            if (source.MeterName is { } name)
            {
                byName[name] = byName.GetValueOrDefault(name) + (long)source.PendingFences;
            }
        }

        return byName.Select(pending => new Measurement<long>(pending.Value, new KeyValuePair<string, object?>(tag, pending.Key)));
    }

    /// <summary>An interrupt must not leave the creation or disposal of a timeline half done.</summary>
    private static void EnterLock() => InterruptShield.Run(s_lock, static entered => entered.Enter());
}
