// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>One who waits for a fence, in a <see cref="WaitForGraph"/>.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class FenceWait
{
    private readonly Fence _waiter; // when the one who waits is a fence itself

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

    /// <summary>A thread, the method that awaits, an array, a command of a queue, or the type of a callback.</summary>
    public string Waiter { get; }

    /// <summary>The managed id of the thread that is blocked; 0 when none is.</summary>
    public int ThreadId { get; private init; }

    /// <summary>What it waits for. It may have signaled since.</summary>
    public Fence Fence { get; }

    /// <summary>The name of the fence's timeline.</summary>
    public string Timeline { get; }

    /// <summary>The fence's point on it.</summary>
    public ulong Point { get; }

    /// <summary>Who issued the fence; null when it is not known.</summary>
    public string? Issuer { get; }

    /// <summary>
    /// Who is on the way to the signal, as far as it is known, each in one line: a thread and where it said so, a command at its device, a reader that is
    /// inside, a session.
    /// </summary>
    public IReadOnlyList<string> HeldUpBy => [.. Holders.Select(static holder => holder.ToString())];

    internal IReadOnlyList<FenceHolder> Holders { get; }

    /// <summary>The locks that the blocked thread holds, outermost first; empty when the contract is not checked.</summary>
    public IReadOnlyList<string> Locks { get; private init; } = [];

    /// <summary>Where the thread is blocked, innermost first; empty when the contract is not checked, or it has only just begun.</summary>
    public IReadOnlyList<string> Stack { get; private init; } = [];

    /// <summary>Who waits for what, in a few words.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"{Waiter} waits for {Timeline}:{Point}";

    internal static FenceWait Of(Thread thread, Fence fence, IReadOnlyList<string> locks, IReadOnlyList<string> stack) =>
        new(FenceHolder.NameOf(thread), fence) { ThreadId = thread.ManagedThreadId, Locks = locks, Stack = stack };

    internal static FenceWait Of(string waiter, Fence fence) => new(waiter, fence);

    internal static FenceWait Of(Fence waiter, Fence fence) => new(waiter, fence);

    private FenceWait(Fence waiter, Fence fence)
        : this($"{waiter.Timeline!.Name}:{waiter.Point}", fence) => _waiter = waiter;

    /// <summary>The other one has to go on before this fence can signal.</summary>
    internal bool IsHeldUpBy(FenceWait other)
    {
        // A later point of a timeline needs the earlier ones.
        if (other._waiter.Timeline is { } own)
        {
            return ReferenceEquals(own, Fence.Timeline) && other._waiter.Point <= Point;
        }

        return other.ThreadId != 0 && Holders.Any(holder => holder.ThreadId == other.ThreadId);
    }
}
