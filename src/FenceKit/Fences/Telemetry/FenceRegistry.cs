// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;

// As in FenceKitMeter: not to be seen by the explorer.
using RealLock = System.Threading.Lock;

namespace FenceKit.Diagnostics;

/// <summary>
/// Timelines, pools and notifiers as long as they live, and what the others had counted when they ended. Entering and leaving is all that
/// a timeline does for being measured, and for being found by those who ask who waits.
/// </summary>
internal static class FenceRegistry
{
    private static readonly RealLock s_lock = new();
    private static Entry? s_first;      // under the lock
    private static MeterTotals s_ended; // under the lock

    /// <summary>
    /// Long weak: it stays readable until the finalizer of the keeper of the entry (and with it of the source) has run, so a total never
    /// drops between the death of a source and its leaving.
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

    /// <summary>The source has ended, or is being finalized. A second call does nothing.</summary>
    internal static void Leave(Entry entry, IMeteredSource source)
    {
        EnterLock();
        if (!entry.HasLeft)
        {
            entry.HasLeft = true;
            source.AddTo(ref s_ended, ended: true);
            if (entry.Previous is null)
            {
                s_first = entry.Next;
            }
            else
            {
                entry.Previous.Next = entry.Next;
            }

            if (entry.Next is not null)
            {
                entry.Next.Previous = entry.Previous;
            }

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

    /// <summary>All that are alive now.</summary>
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

    /// <summary>Who has fences pending, by name. Names are the user's, and as many as he gives.</summary>
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

    /// <summary>Enters the lock of the registry as <see cref="InterruptShield"/> does: a thread that makes or disposes a timeline must not be thrown out of it half done.</summary>
    private static void EnterLock()
    {
        bool interrupted = false;
        while (true)
        {
            try
            {
                s_lock.Enter();
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}
