// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The consumer's side of "when this is done": a point on a <see cref="FenceTimeline"/>. A 16-byte value; making, copying and dropping
/// it costs nothing. It goes from pending to complete once and never back. <c>default(Fence)</c> is already signaled.
/// </summary>
/// <remarks>
/// <para>
/// As with CancellationToken and its source, a fence can be polled and waited for, but only the holder of its timeline (or of its
/// <see cref="FenceSource"/>) can signal it. The fence stays valid for ever: one that has completed reads complete, also when its
/// timeline has gone on, was disposed, or its pool slot serves somebody else.
/// </para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq} {Status}")]
public readonly partial struct Fence : IEquatable<Fence>
{
    internal Fence(FenceTimeline timeline, ulong point)
    {
        Timeline = timeline;
        Target = TimelineState.TargetOf(point);
    }

    /// <summary>A fence that is signaled from the start; the same as <c>default</c>. As dma_fence_get_stub.</summary>
    public static Fence AlreadySignaled => default;

    /// <summary>Hidden from consumers: the holder of the timeline can signal it.</summary>
    internal FenceTimeline? Timeline { get; }

    /// <summary>The point as it compares with the state word of the timeline.</summary>
    internal ulong Target { get; }

    /// <summary>The point on the timeline; 0 for the fence that was always signaled.</summary>
    public ulong Point => TimelineState.PointOf(Target);

    /// <summary>Who produces the fence; empty for the fence that was always signaled.</summary>
    public string TimelineName => Timeline?.Name ?? "";

    /// <summary>Whether the fence is complete, with whatever outcome. Once true it stays true.</summary>
    /// <remarks>
    /// One acquire load and one comparison. Everything that the producer wrote before it signaled is visible to the reader of true.
    /// Callbacks may not have run yet. Never blocks, never allocates.
    /// </remarks>
    public bool IsSignaled
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Timeline is null || Timeline.HasReached(Target); // pairs with the CAS in FenceTimeline.SignalCore
    }

    /// <summary>Asks the producer how far it has come, and then whether the fence is complete.</summary>
    /// <returns>As <see cref="IsSignaled"/> afterwards.</returns>
    /// <remarks>
    /// For producers that do not signal by themselves while nobody waits (see <see cref="FenceTimeline.TryPoll"/>). May complete points,
    /// and then runs their callbacks on this thread.
    /// </remarks>
    public bool TryPoll()
    {
        if (IsSignaled)
        {
            return true;
        }

        Timeline!.TryPoll(); // may move the counter without reaching us
        return IsSignaled;
    }

    /// <summary>Tells the producer by when the fence is needed. A hint: the soonest that anybody asked for counts.</summary>
    /// <param name="fromNow">From now; zero or less for "at once".</param>
    /// <remarks>Ignored when the fence is complete. Reads the clock. As dma_fence_set_deadline.</remarks>
    public void SetDeadline(TimeSpan fromNow) => Timeline?.SetDeadline(Target, fromNow);

    /// <summary>What is known about the fence now. Never blocks, never allocates.</summary>
    public FenceStatus Status => GetStatus(out _);

    /// <summary>The fault of a fence whose <see cref="Status"/> is <see cref="FenceStatus.Faulted"/>; null otherwise. Never blocks.</summary>
    public Exception? Error
    {
        get
        {
            GetStatus(out Exception? error);
            return error;
        }
    }

    /// <summary>
    /// Why the fence does not count as success, for those where that decides: its fault, or that its outcome is no longer known. Null while it
    /// is pending, and when it signaled.
    /// </summary>
    internal Exception? Failure => GetStatus(out Exception? error) == FenceStatus.Retired ? FenceRetiredException.For(this) : error;

    /// <summary>Reads status and error together.</summary>
    /// <param name="error">The fault when the result is <see cref="FenceStatus.Faulted"/>; null otherwise.</param>
    /// <returns>What is known about the fence now.</returns>
    /// <remarks>Lock-free, never allocates. A poll is pure: unlike dma_fence_get_status it never signals anything.</remarks>
    public FenceStatus GetStatus(out Exception? error)
    {
        if (Timeline is null)
        {
            error = null;
            return FenceStatus.Signaled;
        }

        return Timeline.GetOutcome(Target, out error);
    }

    /// <summary>Whether the fence belongs to a timeline.</summary>
    /// <param name="timeline">The timeline.</param>
    /// <returns>True if <paramref name="timeline"/> issued the fence.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="timeline"/> is null.</exception>
    public bool IsFrom(FenceTimeline timeline)
    {
        ArgumentNullException.ThrowIfNull(timeline);
        return ReferenceEquals(Timeline, timeline);
    }

    /// <summary>Whether this fence signals after another one of the same timeline. As dma_fence_is_later.</summary>
    /// <param name="other">A fence of the same timeline.</param>
    /// <returns>True if this point is the later one.</returns>
    /// <exception cref="ArgumentException">The fences are of different timelines: their order is undefined.</exception>
    public bool IsLaterThan(Fence other)
    {
        if (!ReferenceEquals(Timeline, other.Timeline))
        {
            FenceThrow.UnrelatedFences(this, other);
        }

        return Target > other.Target;
    }

    /// <summary>Asks for a callback when the fence signals.</summary>
    /// <param name="callback">The node, made ahead of time and owned by the caller.</param>
    /// <returns>
    /// True: the callback will run exactly once, unless it is removed before. False: the fence is signaled already; the callback is
    /// not called and the node stays as it was.
    /// </returns>
    /// <remarks>
    /// As dma_fence_add_callback. Never blocks, never allocates. The callback runs on the thread that signals, under no lock.
    /// Constant time when callbacks are added in rising (or falling) order of points; otherwise it grows with the logarithm of how many wait.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The callback already waits for a fence.</exception>
    public bool TryAddCallback(FenceCallback callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return Timeline is not null && Timeline.Add(callback, Target) != FenceTimeline.NotAdded;
    }

    /// <summary>Takes a callback back.</summary>
    /// <param name="callback">A node that was given to <see cref="TryAddCallback"/> of this fence.</param>
    /// <returns>Whether it was removed in time, is running, has finished, or was never here.</returns>
    /// <remarks>
    /// Constant time, never blocks, never allocates: it does not wait for a running callback, so it may be called under any lock and
    /// from inside the callback. (dma_fence_remove_callback waits, by way of its lock.)
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    public FenceCallbackRemoval TryRemoveCallback(FenceCallback callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return Timeline is null ? FenceCallbackRemoval.NotAdded : Timeline.Remove(callback, Target);
    }

    /// <summary>Whether both are the same point of the same timeline.</summary>
    /// <param name="other">Another fence.</param>
    /// <returns>True if they are equal.</returns>
    public bool Equals(Fence other) => ReferenceEquals(Timeline, other.Timeline) && Target == other.Target;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Fence other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        Timeline is null ? 0 : HashCode.Combine(RuntimeHelpers.GetHashCode(Timeline), Target);

    /// <summary>Whether both are the same point of the same timeline.</summary>
    /// <param name="left">A fence.</param>
    /// <param name="right">Another fence.</param>
    /// <returns>True if they are equal.</returns>
    public static bool operator ==(Fence left, Fence right) => left.Equals(right);

    /// <summary>Whether they differ in timeline or point.</summary>
    /// <param name="left">A fence.</param>
    /// <param name="right">Another fence.</param>
    /// <returns>True if they are not equal.</returns>
    public static bool operator !=(Fence left, Fence right) => !left.Equals(right);

    /// <summary>The fence as <c>timeline:point</c>. Allocates.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => Timeline is null ? "signaled" : $"{Timeline.Name}:{Point}";
}
