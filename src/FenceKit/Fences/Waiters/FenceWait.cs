// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A wait for a fence, in a <see cref="WaitForGraph"/>.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class FenceWait
{
    private readonly Fence _waiter; // if the waiter is itself a fence, of an array or a command; otherwise default

    private FenceWait(string waiter, Fence fence)
    {
        Waiter = waiter;
        Fence = fence;
        Timeline = fence.Timeline?.Name ?? "";
        Point = fence.Point;
        Issuer = fence.Timeline?.FindIssuer(fence.Point);
        List<FenceHolder> holders = [];
        fence.Timeline?.DescribeHolders(fence.Point, holders);
        Holders = holders;
    }

    /// <summary>The waiter: a thread, an awaiting method, an array, a command of a queue, or the type of a callback.</summary>
    public string Waiter { get; }

    /// <summary>The managed id of the blocked thread; 0 for other waiters.</summary>
    public int ThreadId { get; private init; }

    /// <summary>The fence that is waited for. It may have signaled since.</summary>
    public Fence Fence { get; }

    /// <summary>The name of the fence's timeline.</summary>
    public string Timeline { get; }

    /// <summary>The point of the fence on its timeline.</summary>
    public ulong Point { get; }

    /// <summary>The code and thread that issued the fence; null if not known.</summary>
    public string? Issuer { get; }

    /// <summary>
    /// What holds up the signal, as far as it is known, each in one line: a thread and the place where it entered its signaling section, a
    /// command at its device, a reader inside a gate, or a session.
    /// </summary>
    public IReadOnlyList<string> HeldUpBy => [.. Holders.Select(static holder => holder.ToString())];

    internal IReadOnlyList<FenceHolder> Holders { get; }

    /// <summary>The locks that the blocked thread holds, outermost first; empty when the contract is not checked.</summary>
    public IReadOnlyList<string> Locks { get; private init; } = [];

    /// <summary>
    /// The stack of the blocked thread, innermost frame first; empty when the contract is not checked, or the wait has only just begun.
    /// </summary>
    public IReadOnlyList<string> Stack { get; private init; } = [];

    /// <summary>Describes the waiter and the fence.</summary>
    /// <returns>A text of one line.</returns>
    public override string ToString() => $"{Waiter} waits for {Timeline}:{Point}";

    internal static FenceWait Of(Thread thread, Fence fence, IReadOnlyList<string> locks, IReadOnlyList<string> stack) =>
        new(FenceHolder.NameOf(thread), fence) { ThreadId = thread.ManagedThreadId, Locks = locks, Stack = stack };

    internal static FenceWait Of(string waiter, Fence fence) => new(waiter, fence);

    internal static FenceWait Of(Fence waiter, Fence fence) => new(waiter, fence);

    private FenceWait(Fence waiter, Fence fence)
        : this($"{waiter.Timeline!.Name}:{waiter.Point}", fence) => _waiter = waiter;

    /// <summary>Whether the other wait must end before this fence can signal.</summary>
    internal bool IsHeldUpBy(FenceWait other)
    {
        // A point of a timeline depends on all earlier ones.
        if (other._waiter.Timeline is { } own)
        {
            return ReferenceEquals(own, Fence.Timeline) && other._waiter.Point <= Point;
        }

        return other.ThreadId != 0 && Holders.Any(holder => holder.ThreadId == other.ThreadId);
    }
}
