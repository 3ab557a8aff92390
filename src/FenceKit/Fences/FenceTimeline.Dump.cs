// SPDX-License-Identifier: MIT
using System.Text;
using FenceKit.Diagnostics;

namespace FenceKit;

// Descriptions of waiters, for diagnosis.
public partial class FenceTimeline
{
    /// <summary>Describes the pending points, with their issuers and waiters.</summary>
    /// <returns>
    /// One line for the timeline, and one for each waiter, in order of points: a blocked thread, an awaiting method, an array, or the type of
    /// a callback.
    /// </returns>
    /// <remarks>
    /// For diagnosis: allocates, and signalers have to wait while it walks the list of callbacks. <see cref="WaitForGraph"/> covers all
    /// timelines, and shows what holds up each wait.
    /// </remarks>
    public string DumpPending()
    {
        List<FenceWait> waits = [];
        DescribeWaits(waits);
        ulong completed = Completed;
        ulong issued = Issued;
        StringBuilder text = new();
        text.Append($"Fence timeline '{Name}': ");
        text.AppendLine(completed >= issued ? $"nothing pending, {issued} issued" : $"points {completed + 1}..{issued} pending");
        for (ulong point = completed + 1; _issue.Issuers is not null && point <= Math.Min(issued, completed + (ulong)_options.TrackedIssuers); point++)
        {
            if (FindIssuer(point) is { } issuer)
            {
                text.AppendLine($"  {point} was issued by {issuer}");
            }
        }

        foreach (FenceWait wait in waits)
        {
            text.AppendLine($"  {wait.Point} is waited for by {wait.Waiter}");
        }

        return text.ToString();
    }

    /// <summary>Describes all waits for fences of this timeline.</summary>
    internal void DescribeWaits(List<FenceWait> waits)
    {
        foreach ((FenceCallback callback, ulong target, _) in CopyWaiting())
        {
            callback.DescribeWaits(new Fence(this, TimelineState.PointOf(target)), waits);
        }
    }

    /// <summary>Describes what the signal of a point depends on.</summary>
    internal void DescribeHolders(ulong point, List<FenceHolder> holders)
    {
        Producer?.DescribeHolders(point, holders);
        if (FenceContract.IsChecked && ContractMap is not null)
        {
            DescribeSignalers(ContractMap, holders);
        }
    }

    private static void DescribeSignalers(object map, List<FenceHolder> holders)
    {
        List<FenceSignaler> signalers = [];
        FenceAnnotations.CopySignalers(map, signalers);
        foreach (FenceSignaler signaler in signalers)
        {
            holders.Add(new FenceHolder(FenceHolder.NameOf(signaler.Thread), signaler.Thread, signaler.Place, signaler.Locks));
        }
    }

    /// <summary>Copies the waiters, in the order of points.</summary>
    internal (FenceCallback Callback, ulong Target, long Round)[] CopyWaiting()
    {
        if (!TimelineState.HasWaiters(_hot.State.Read()))
        {
            return []; // the usual case, without making signalers wait
        }

        WaiterCopy copy = new() { Rows = [] };
        while (true)
        {
            // Counts first, then allocates outside the lock bit and copies; repeats if there are more waiters by then.
            copy.Count = 0;
            ulong state = EnterLock();
            bool isSorted = _hot.Waiters.Visit(ref copy, WaiterCopy.Add);
            LeaveLock(state);
            if (copy.Count <= copy.Rows.Length)
            {
                (FenceCallback, ulong Target, long)[] rows = copy.Rows[..copy.Count];
                return isSorted ? rows : [.. rows.OrderBy(static row => row.Target)];
            }

            copy.Rows = new (FenceCallback, ulong, long)[copy.Count];
        }
    }

    private struct WaiterCopy
    {
        internal (FenceCallback Callback, ulong Target, long Round)[] Rows;
        internal int Count;

        internal static void Add(ref WaiterCopy copy, FenceCallback node)
        {
            if (copy.Count < copy.Rows.Length)
            {
                copy.Rows[copy.Count] = (node, node.Target, node.State.Round);
            }

            copy.Count++;
        }
    }
}
