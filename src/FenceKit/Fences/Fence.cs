// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The consumer's side of an event that happens once: a point on a <see cref="FenceTimeline"/>. It goes from pending to complete, and never
/// back. A 16-byte value that allocates nothing. <c>default(Fence)</c> is already signaled.
/// </summary>
/// <remarks>
/// <para>
/// A fence can be polled and waited for, but only the holder of its timeline (or of its <see cref="FenceSource"/>) can signal it, as with
/// CancellationToken and its source. A fence stays valid for ever: a completed fence reads as complete also after its timeline has advanced
/// or was disposed, or its pool slot was rented again.
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

    /// <summary>A fence that is already signaled; the same as <c>default</c>. Like the kernel's dma_fence_get_stub.</summary>
    public static Fence AlreadySignaled => default;

    /// <summary>The timeline. Not public, since the holder of the timeline can signal the fence.</summary>
    internal FenceTimeline? Timeline { get; }

    /// <summary>The point, shifted so that it can be compared with the state word of the timeline.</summary>
    internal ulong Target { get; }

    /// <summary>The point on the timeline; 0 for the default fence.</summary>
    public ulong Point => TimelineState.PointOf(Target);

    /// <summary>The name of the timeline; empty for the default fence.</summary>
    public string TimelineName => Timeline?.Name ?? "";

    /// <summary>Whether the fence is complete, with any outcome. Once true, it stays true.</summary>
    /// <remarks>
    /// One acquire load and one comparison. If the result is true, everything that the producer wrote before the signal is visible. Callbacks
    /// may not have run yet. Never blocks, never allocates.
    /// </remarks>
    public bool IsSignaled
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Timeline is null || Timeline.HasReached(Target); // pairs with the CAS in FenceTimeline.SignalCore
    }

    /// <summary>Polls the producer, and then checks whether the fence is complete.</summary>
    /// <returns>The value of <see cref="IsSignaled"/> afterwards.</returns>
    /// <remarks>
    /// For producers that do not signal while nobody waits; see <see cref="FenceTimeline.TryPoll"/>. May complete points, and then runs their
    /// callbacks on this thread.
    /// </remarks>
    public bool TryPoll()
    {
        if (IsSignaled)
        {
            return true;
        }

        Timeline!.TryPoll(); // true says only that the counter moved, perhaps not as far as this fence
        return IsSignaled;
    }

    /// <summary>Passes a deadline hint to the producer. The soonest deadline of all waiters counts.</summary>
    /// <param name="fromNow">The time until the deadline; zero or less for "at once".</param>
    /// <remarks>Has no effect when the fence is complete. Reads the clock. Like the kernel's dma_fence_set_deadline.</remarks>
    public void SetDeadline(TimeSpan fromNow) => Timeline?.SetDeadline(Target, fromNow);

    /// <summary>The present status of the fence. Never blocks, never allocates.</summary>
    public FenceStatus Status => GetStatus(out _);

    /// <summary>The error of a fence whose <see cref="Status"/> is <see cref="FenceStatus.Faulted"/>; null otherwise. Never blocks.</summary>
    public Exception? Error
    {
        get
        {
            GetStatus(out Exception? error);
            return error;
        }
    }

    /// <summary>
    /// The error of the fence or, if its outcome is no longer known, a <see cref="FenceRetiredException"/>. Null if the fence is pending or
    /// has succeeded.
    /// </summary>
    internal Exception? Failure => GetStatus(out Exception? error) == FenceStatus.Retired ? FenceRetiredException.For(this) : error;

    /// <summary>Reads status and error together.</summary>
    /// <param name="error">The error when the result is <see cref="FenceStatus.Faulted"/>; null otherwise.</param>
    /// <returns>The present status.</returns>
    /// <remarks>Lock-free, never allocates. Has no side effects: unlike the kernel's dma_fence_get_status it never signals.</remarks>
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

    /// <summary>Whether this fence signals after another fence of the same timeline. Like the kernel's dma_fence_is_later.</summary>
    /// <param name="other">A fence of the same timeline.</param>
    /// <returns>True if this point is later.</returns>
    /// <exception cref="ArgumentException">The fences belong to different timelines, so their order is undefined.</exception>
    public bool IsLaterThan(Fence other)
    {
        if (!ReferenceEquals(Timeline, other.Timeline))
        {
            FenceThrow.UnrelatedFences(this, other);
        }

        return Target > other.Target;
    }

    /// <summary>Registers a callback that runs when the fence signals.</summary>
    /// <param name="callback">The callback, a preallocated node that the caller owns.</param>
    /// <returns>
    /// True: the callback will run exactly once, unless it is removed before. False: the fence is already signaled; the callback is not
    /// called, and is unchanged.
    /// </returns>
    /// <remarks>
    /// Never blocks, never allocates. The callback runs on the thread that signals, under no lock. Takes constant time when callbacks are
    /// added in rising or falling order of points, otherwise logarithmic time in the number of waiters. Like the kernel's
    /// dma_fence_add_callback.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The callback already waits for a fence.</exception>
    public bool TryAddCallback(FenceCallback callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return Timeline is not null && Timeline.Add(callback, Target) != FenceTimeline.NotAdded;
    }

    /// <summary>Removes a callback.</summary>
    /// <param name="callback">A callback that was passed to <see cref="TryAddCallback"/> of this fence.</param>
    /// <returns>Whether the callback was removed, is running, has finished, or was never added.</returns>
    /// <remarks>
    /// Never blocks, never allocates. It does not wait for a running callback, so it may be called under any lock, and from inside the
    /// callback. (The kernel's dma_fence_remove_callback waits, for its lock.)
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

    /// <summary>Describes the fence as <c>timeline:point</c>. Allocates.</summary>
    /// <returns>A text for errors and the debugger.</returns>
    public override string ToString() => Timeline is null ? "signaled" : $"{Timeline.Name}:{Point}";
}
