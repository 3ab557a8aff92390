// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// The reports of FenceKit itself. Every member does nothing while the contract is not checked.
public static partial class FenceContract
{
    /// <summary>
    /// Creates the lock map of a timeline, which stands for its fences in the validator: held in signaling sections, acquired by waiters.
    /// Null while the contract is not checked.
    /// </summary>
    internal static object? FenceMap(string name, bool isExported) => IsChecked ? FenceAnnotations.FenceMap(name, isExported) : null;

    internal static object? GateMap(string name) => IsChecked ? FenceAnnotations.GateMap(name) : null;

    internal static object? TableMap(string name) => IsChecked ? FenceAnnotations.TableMap(name) : null;

    internal static object? SubscriberMap(string name) => IsChecked ? FenceAnnotations.SubscriberMap(name) : null;

    internal static object? PublishMap(string name) => IsChecked ? FenceAnnotations.PublishMap(name) : null;

    /// <summary>Reports that the thread is about to block until a fence signals.</summary>
    internal static void Wait(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.Wait(map);
        }
    }

    /// <summary>Reports an await of a fence, at the place of the await itself. Called by awaiters.</summary>
    internal static void AwaitHere(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.AwaitHere(map);
        }
    }

    /// <summary>Reports that the flow is about to await a fence. The flow keeps its locks during the wait; no thread is blocked.</summary>
    internal static void Await(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.Await(map);
        }
    }

    /// <summary>Opens a signaling section: the thread is about to signal a fence.</summary>
    internal static FenceContractScope BeginSignaling(object? map, string? file, int line) =>
        IsChecked && map is not null ? FenceAnnotations.BeginSignaling(map, file, line) : default;

    /// <summary>Reports that the thread is about to take the lock of this map, and holds it until the scope ends.</summary>
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

    /// <summary>Reports that the thread is about to block until one of several fences signals. This is a wait, but adds no order.</summary>
    internal static void WaitForAny()
    {
        if (IsChecked)
        {
            FenceAnnotations.WaitForAny();
        }
    }

    /// <summary>Reports that the flow is about to await one of several fences.</summary>
    internal static void AwaitAny()
    {
        if (IsChecked)
        {
            FenceAnnotations.AwaitAny();
        }
    }

    /// <summary>Reports that the thread is about to block until sessions over its range have ended, including their callbacks.</summary>
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

    /// <summary>Reports that a reader is inside a gate, so that invalidations wait for it, until <see cref="LeaveLock"/>.</summary>
    internal static void EnterReading(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.EnterReading(map);
        }
    }

    /// <summary>Reports that reclaim may wait for the readers of this map.</summary>
    internal static void ExportReaders(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.ExportReaders(map);
        }
    }

    /// <summary>Reports that a composite fence, such as an array, signals after its member.</summary>
    internal static void Compose(object? whole, object? member)
    {
        if (IsChecked && whole is not null && member is not null)
        {
            FenceAnnotations.Compose(whole, member);
        }
    }

    /// <summary>Queues work to the thread pool. Allocations of the runtime to add a worker are not reported against the caller.</summary>
    internal static void QueueToPool(IThreadPoolWorkItem work, bool preferLocal)
    {
        if (IsChecked)
        {
            FenceAnnotations.QueueToPool(work, preferLocal);
        }
        else
        {
            InterruptShield.Queue(work, preferLocal);
        }
    }

    /// <summary>Reports that FenceKit itself may allocate here. That never reclaims, but is forbidden in sections that must not allocate.</summary>
    internal static void MightGrow()
    {
        if (IsChecked)
        {
            FenceAnnotations.MightGrow();
        }
    }

    /// <summary>Reports that the thread is about to invalidate ranges.</summary>
    internal static void MightSchedule()
    {
        if (IsChecked)
        {
            FenceAnnotations.MightSchedule();
        }
    }

    /// <summary>Reports that the thread waits until no callback of a notifier runs.</summary>
    internal static void WaitForSchedules()
    {
        if (IsChecked)
        {
            FenceAnnotations.WaitForSchedules();
        }
    }

    /// <summary>Reports that an invalidation spins until publishing scopes have ended.</summary>
    internal static void SpinForPublishers(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.SpinForPublishers(map);
        }
    }

    /// <summary>Reports that the owner of memory got a fence of this timeline, and may wait for it while holding any of its locks.</summary>
    internal static void Export(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.Export(map);
        }
    }
}
