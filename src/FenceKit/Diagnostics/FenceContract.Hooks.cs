// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// What FenceKit itself reports. Every member is empty code while the contract is not checked.
public static partial class FenceContract
{
    /// <summary>The pseudo lock of a timeline: held by those who are on the way to a signal, wanted by those who wait. Null when off.</summary>
    internal static object? FenceMap(string name, bool isExported) => IsChecked ? FenceAnnotations.FenceMap(name, isExported) : null;

    internal static object? GateMap(string name) => IsChecked ? FenceAnnotations.GateMap(name) : null;

    internal static object? TableMap(string name) => IsChecked ? FenceAnnotations.TableMap(name) : null;

    internal static object? SubscriberMap(string name) => IsChecked ? FenceAnnotations.SubscriberMap(name) : null;

    internal static object? PublishMap(string name) => IsChecked ? FenceAnnotations.PublishMap(name) : null;

    /// <summary>A thread is about to block until a fence signals.</summary>
    internal static void Wait(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.Wait(map);
        }
    }

    /// <summary>Called by an awaiter: the method awaits right here.</summary>
    internal static void AwaitHere(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.AwaitHere(map);
        }
    }

    /// <summary>Code is about to await a fence: whatever it holds, it holds meanwhile; the thread itself goes on.</summary>
    internal static void Await(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.Await(map);
        }
    }

    /// <summary>The thread is on the way to a signal until the scope ends.</summary>
    internal static FenceContractScope BeginSignaling(object? map, string? file, int line) =>
        IsChecked && map is not null ? FenceAnnotations.BeginSignaling(map, file, line) : default;

    /// <summary>The thread is about to take a real lock that FenceKit knows by this map, and has it until the scope ends.</summary>
    internal static FenceContractScope Acquire(object? map, string? file, int line) =>
        IsChecked && map is not null ? FenceAnnotations.Acquire(map, file, line) : default;

    internal static void EnterLock(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.EnterLock(map);
        }
    }

    internal static void LeaveLock(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.LeaveLock(map);
        }
    }

    /// <summary>A thread is about to block until one of several fences signals: no order, but a wait.</summary>
    internal static void WaitForAny()
    {
        if (IsChecked)
        {
            FenceAnnotations.WaitForAny();
        }
    }

    /// <summary>Code is about to await one of several fences.</summary>
    internal static void AwaitAny()
    {
        if (IsChecked)
        {
            FenceAnnotations.AwaitAny();
        }
    }

    /// <summary>
    /// A thread is about to block until the range that it reads is not being invalidated: until the end of a session, callbacks included.
    /// </summary>
    internal static void WaitForSession(object? sessions)
    {
        if (IsChecked && sessions is not null)
        {
            FenceAnnotations.Wait(sessions);
            FenceAnnotations.WaitForSchedules();
        }
    }

    /// <inheritdoc cref="WaitForSession"/>
    internal static void AwaitSession(object? sessions)
    {
        if (IsChecked && sessions is not null)
        {
            FenceAnnotations.Await(sessions);
            FenceAnnotations.AwaitSchedules();
        }
    }

    /// <summary>A reader is inside: an invalidation waits for it. Ended by <see cref="LeaveLock"/>.</summary>
    internal static void EnterReading(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.EnterReading(map);
        }
    }

    /// <summary>Readers of this timeline are waited for by reclaim.</summary>
    internal static void ExportReaders(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.ExportReaders(map);
        }
    }

    /// <summary>A fence of the first signals when fences of the second have: an array and its members.</summary>
    internal static void Compose(object? whole, object? member)
    {
        if (IsChecked && whole is not null && member is not null)
        {
            FenceAnnotations.Compose(whole, member);
        }
    }

    /// <summary>Gives work to the thread pool. What the runtime allocates to add a worker is not the caller's.</summary>
    internal static void HandOver(IThreadPoolWorkItem work, bool preferLocal)
    {
        if (IsChecked)
        {
            FenceAnnotations.HandOver(work, preferLocal);
        }
        else
        {
            InterruptShield.Queue(work, preferLocal);
        }
    }

    /// <summary>FenceKit may allocate here for itself: no reclaim, but nothing for those who must not allocate.</summary>
    internal static void MightGrow()
    {
        if (IsChecked)
        {
            FenceAnnotations.MightGrow();
        }
    }

    /// <summary>Ranges are about to be invalidated by this thread.</summary>
    internal static void MightSchedule()
    {
        if (IsChecked)
        {
            FenceAnnotations.MightSchedule();
        }
    }

    /// <summary>The thread waits until no callback of a notifier runs.</summary>
    internal static void WaitForSchedules()
    {
        if (IsChecked)
        {
            FenceAnnotations.WaitForSchedules();
        }
    }

    /// <summary>A schedule stands behind an open publishing scope: a spin, never a wait.</summary>
    internal static void PassPublishers(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.PassPublishers(map);
        }
    }

    /// <summary>A fence of this timeline was handed to the owner of memory, who may wait for it with everything held that he ever holds.</summary>
    internal static void Export(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.Export(map);
        }
    }
}
