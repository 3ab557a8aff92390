// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Combines several fences into one, which is complete when all of them are, or when the first of them is. An array is created once and can
/// be armed any number of times; arming allocates nothing. Like the kernel's dma_fence_array.
/// </summary>
/// <remarks>
/// <para>
/// <b>Lazy</b>: callbacks are added to the members when the array's fence gets its first waiter. Until then nothing signals it: without a
/// waiter, call <see cref="Fence.TryPoll"/>, since <see cref="Fence.IsSignaled"/> does not poll the members.
/// </para>
/// <para>
/// <b>Outcome</b>: the error of the member that faulted first, if one did before the array completed. An array for all members waits for all
/// of them even if one faults. A deadline of the array is passed on to every member.
/// </para>
/// <para>
/// <b>Never nests</b>: a member that is the fence of another array is replaced by that array's members, so there is always only one level.
/// </para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed partial class FenceArray : IDisposable
{
    /// <summary>The largest <see cref="Capacity"/>.</summary>
    public const int MaxCapacity = FencePool.MaxCapacity;

    private readonly Lock _arming = new();
    private readonly ArrayTimeline _timeline;

    /// <summary>Creates the array with room for a number of members.</summary>
    /// <param name="name">The name of the producer, for errors, reports and the debugger.</param>
    /// <param name="capacity">The largest number of members, 1 to <see cref="MaxCapacity"/>.</param>
    /// <param name="options">Remembered faults, and the clock of timed waits; null for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> or an option is out of its range.</exception>
    public FenceArray(string name, int capacity, FenceTimelineOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCapacity);
        options ??= FenceTimelineOptions.Default;
        Capacity = capacity;
        _timeline = new ArrayTimeline(name, capacity, options, FenceWaiterPools.For(options.PoolProvider));
    }

    /// <summary>The largest number of members.</summary>
    public int Capacity { get; }

    /// <summary>Creates one fence of several, which is complete when all of them are. A fault does not complete it early.</summary>
    /// <param name="fences">The members. If there are none, the fence is complete.</param>
    /// <param name="fence">The combined fence.</param>
    /// <returns>
    /// False while the last combined fence is still pending, or callbacks of its members are still running: use another array, or try again
    /// later.
    /// </returns>
    /// <remarks>Never blocks, never allocates. May be called from a callback of the array's own last fence.</remarks>
    /// <exception cref="ArgumentException">
    /// There are more members than <see cref="Capacity"/>, or a member is the fence of a pending array that waits for any, which cannot be
    /// flattened.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The array is disposed.</exception>
    public bool TryArmAll(ReadOnlySpan<Fence> fences, out Fence fence) => TryArm(fences, FenceSetMode.All, out fence);

    /// <summary>Creates one fence of several, which is complete when the first of them is, with the same outcome.</summary>
    /// <param name="fences">The members, at least one.</param>
    /// <param name="fence">The combined fence.</param>
    /// <returns>See <see cref="TryArmAll"/>.</returns>
    /// <remarks>See <see cref="TryArmAll"/>.</remarks>
    /// <exception cref="ArgumentException">
    /// There are more members than <see cref="Capacity"/>, or none, or a member is the fence of a pending array that waits for all, which
    /// cannot be flattened.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The array is disposed.</exception>
    public bool TryArmAny(ReadOnlySpan<Fence> fences, out Fence fence)
    {
        FenceThrow.IfEmpty(fences);
        return TryArm(fences, FenceSetMode.Any, out fence);
    }

    internal bool TryArm(ReadOnlySpan<Fence> fences, FenceSetMode mode, out Fence fence)
    {
        using (_arming.EnterShieldedScope())
        {
            if (!_timeline.TryArm(fences, mode, out fence))
            {
                return false;
            }
        }

        if (FenceContract.IsChecked && mode == FenceSetMode.All)
        {
            foreach (Fence member in fences)
            {
                FenceContract.Compose(_timeline.ContractMap, member.Timeline?.ContractMap);
            }
        }

        return true;
    }

    /// <summary>Ends the array. A pending fence faults with <see cref="FenceAbandonedException"/>. A second call does nothing.</summary>
    public void Dispose() => _timeline.Dispose();

    /// <summary>Describes the array by its name and state.</summary>
    /// <returns>For instance <c>frame: pending, All of 3</c>.</returns>
    public override string ToString() => _timeline.Describe();

    /// <summary>The timeline of the combined fences, with one point for each arming.</summary>
    private sealed class ArrayTimeline : FenceTimeline
    {
        private readonly Set _set;
        private readonly int _capacity;

        internal ArrayTimeline(string name, int capacity, FenceTimelineOptions options, FenceWaiterPools pools)
            : base(name, options, pools)
        {
            _capacity = capacity;
            _set = new Set(this, capacity);
            ArmOnFirstWaiter();
            FenceTimelines.Add(this);
        }

        internal override bool IsContainer => true;

        internal bool TryArm(ReadOnlySpan<Fence> fences, FenceSetMode mode, out Fence fence)
        {
            fence = default;
            if (Completed < Issued || !_set.IsIdle)
            {
                return false;
            }

            int count = Flatten(fences, mode, _set.Scratch);
            fence = Issue();
            _set.Begin(_set.Scratch.AsSpan(0, count), mode, fence.Target);
            return true;
        }

        protected override bool OnEnableSignaling(ulong point)
        {
            _set.WatchMembers(TimelineState.TargetOf(point));
            return true;
        }

        protected override void OnDeadline(ulong point, long timestamp)
        {
            TimeSpan left = TimeProvider.GetElapsedTime(TimeProvider.GetTimestamp(), timestamp);
            _set.PassOnDeadline(TimelineState.TargetOf(point), left);
        }

        internal override bool PollCore() => _set.PollMembers();

        internal string Describe() => $"{Name}: {(Completed < Issued ? $"pending, {_set.Mode} of {_set.MemberCount}" : "idle")}";

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            _set.Abandon();
        }

        private int Flatten(ReadOnlySpan<Fence> fences, FenceSetMode mode, Span<Fence> flat)
        {
            int count = 0;
            foreach (Fence fence in fences)
            {
                if (fence.Timeline is not ArrayTimeline inner)
                {
                    count = Add(fence, flat, count);
                    continue;
                }

                int members = inner._set.CopyMembers(fence, mode, flat[count..]);
                count = members < 0 ? Add(fence, flat, count) : count + members; // complete fences are members themselves
            }

            return count;
        }

        private int Add(Fence fence, Span<Fence> flat, int count)
        {
            if (count == _capacity)
            {
                throw new ArgumentException($"The array '{Name}' has room for {_capacity} fences.");
            }

            flat[count] = fence;
            return count + 1;
        }
    }
}
