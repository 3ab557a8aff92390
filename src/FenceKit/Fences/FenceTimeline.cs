// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// The producer's side of fences: a 64-bit counter that only rises. <see cref="Issue()"/> returns the next point as a <see cref="Fence"/>;
/// <see cref="Signal(ulong)"/> completes all points up to one. Corresponds to a timeline semaphore of Vulkan, a fence of D3D12, and a fence
/// context of the kernel with its sequence numbers.
/// </summary>
/// <remarks>
/// <para>
/// A fence is a promise: once <see cref="Issue()"/> has returned it, the owner of the timeline must signal it in finite time, without
/// depending on its waiters. Keep the timeline private and share only fences: the holder of the timeline can signal.
/// </para>
/// <para>
/// <b>Thread safety</b>: every member may be called from any thread at any time. <b>Blocks</b>: never, except for spinning a few instructions
/// while another thread changes the list of callbacks. <b>Allocates</b>: only the constructor, faults (in small chunks; see
/// <see cref="FenceTimelineOptions.RetainedFaults"/>), <see cref="TryGiveUp"/>, <see cref="Dispose()"/> and the report of a throwing
/// callback.
/// </para>
/// </remarks>
[DebuggerDisplay("{Name,nq}: {Completed} of {Issued}")]
public partial class FenceTimeline : IDisposable
{
    // The order of these three matters; see TimelineHotFields.
    private TimelineHotFields _hot;
    private FaultLog.Trail _trail; // the faults of this timeline in _faults; see FenceTimeline.Faults.cs
    private TimelineIssueFields _issue;

    private const int IssueDisposed = 1;
    private const int IssueTracked = 2;
    private const int IssueReports = 4; // reports cumulative signals; see FenceTimeline.Reporting.cs

    /// <summary>Creates a timeline at point 0.</summary>
    /// <param name="name">The name of the producer, for errors, reports and the debugger.</param>
    /// <param name="options">Limits and clock; null for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public FenceTimeline(string name, FenceTimelineOptions? options = null)
        : this(name, options ??= FenceTimelineOptions.Default, FenceWaiterPools.For(options.PoolProvider), faults: null)
    {
        if (GetType() != typeof(FenceTimeline) || options.EnableSignaling is not null)
        {
            ArmOnFirstWaiter();
        }

        if (options.ReportsCumulativeSignals ?? (FenceContract.IsChecked || CumulativelySignaled is not null))
        {
            _issue.Blocks = new IssuedBlocks();
            _issue.Flags |= IssueReports;
        }

        _sentinel = new FenceAbandonSentinel(this);
        FenceKitEventSource.Log.Created(name);
        if (options.Watchdog is { } limit)
        {
            _watchdog = new FenceWatchdog(limit, options.TimeProvider, [this]);
        }
    }

    internal FenceTimeline(string name, FenceTimelineOptions options, FenceWaiterPools waiterPools, FaultLog? faults = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        options.Validate();

        Name = name;
        _hot.ArmedTarget = ulong.MaxValue;
        _options = options;
        TimeProvider = options.TimeProvider;
        WaiterPools = waiterPools;
        ContractMap = FenceContract.FenceMap(name, options.IsExported);
        _faults = faults ?? new FaultLog(options.RetainedFaults);
        if (options.TrackedIssuers > 0)
        {
            _issue.Issuers = new FenceIssuers(options.TrackedIssuers);
            _issue.Flags = IssueTracked;
        }
    }

    /// <summary>The name of the producer.</summary>
    public string Name { get; }

    /// <summary>The last point that was issued. Points count from 1; point 0 is complete from the start.</summary>
    public ulong Issued => Volatile.Read(ref _issue.Issued);

    /// <summary>
    /// The last completed point; <c>ulong.MaxValue &gt;&gt; 2</c> once the timeline is poisoned or disposed, since all points are complete
    /// then.
    /// </summary>
    public ulong Completed => TimelineState.PointOf(_hot.State.Read());

    /// <summary>The clock of timed waits. Set only by a pooled wait for several fences, which uses the clock of its first fence.</summary>
    internal TimeProvider TimeProvider { get; set; }

    /// <summary>
    /// How long a blocking waiter spins before it sleeps; see <see cref="BlockingWaiter"/>. A heuristic, written without synchronization: any
    /// value is correct.
    /// </summary>
    internal int SpinsBeforeSleep { get; set; } = BlockingWaiter.MostSpins;

    /// <summary>
    /// Whether a spinning waiter has seen a signal, so that the next waiter may spin too; see SignalPolled. A heuristic: any value is
    /// correct.
    /// </summary>
    internal bool IsPolled
    {
        get => _issue.IsPolled != 0;
        set => _issue.IsPolled = value ? 1 : 0;
    }

    /// <summary>Describes what a pending point depends on; null if FenceKit does not know. Set before fences are issued.</summary>
    internal IFenceProducer? Producer { get; init; }

    /// <summary>The pools of waiter nodes for <c>await</c>.</summary>
    internal FenceWaiterPools WaiterPools { get; }

    /// <summary>Describes the timeline by its name and progress.</summary>
    /// <returns>For instance <c>decoder: 3 of 5 complete</c>.</returns>
    public override string ToString()
    {
        ulong completed = Completed; // read first, so that it cannot exceed the issued points
        ulong issued = Issued;
        return completed == TimelineState.MaxPoint
            ? $"{Name}: ended, {issued} issued"
            : $"{Name}: {completed} of {issued} complete";
    }

    /// <summary>Issues the next point.</summary>
    /// <returns>A fence that signals when the point is signaled.</returns>
    /// <remarks>Never blocks, never allocates: one interlocked increment.</remarks>
    /// <exception cref="ObjectDisposedException">The timeline is disposed.</exception>
    public Fence Issue()
    {
        if (Volatile.Read(ref _issue.Flags) != 0)
        {
            return IssueSlow();
        }

        return new Fence(this, Interlocked.Increment(ref _issue.Issued));
    }

    /// <summary>Issues several points at once.</summary>
    /// <param name="count">The number of points, at least 1.</param>
    /// <returns>The fence of the last of them; <see cref="GetFence"/> returns the others.</returns>
    /// <remarks>Never blocks, never allocates.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is 0, or the points would run out.</exception>
    /// <exception cref="ObjectDisposedException">The timeline is disposed.</exception>
    public Fence Issue(ulong count)
    {
        ArgumentOutOfRangeException.ThrowIfZero(count);
        int flags = Volatile.Read(ref _issue.Flags);
        if ((flags & IssueDisposed) != 0)
        {
            FenceThrow.TimelineDisposed(Name);
        }

        ulong issued = Volatile.Read(ref _issue.Issued);
        while (true)
        {
            ulong left = TimelineState.MaxIssuedByCount - Math.Min(issued, TimelineState.MaxIssuedByCount);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, left);
            ulong seen = Interlocked.CompareExchange(ref _issue.Issued, issued + count, issued);
            if (seen == issued)
            {
                _issue.Blocks?.Add(issued + 1, issued + count);
                for (ulong point = issued + 1; _issue.Issuers is not null && point <= issued + Math.Min(count, (ulong)_options.TrackedIssuers); point++)
                {
                    _issue.Issuers.Record(point);
                }

                return new Fence(this, issued + count);
            }

            issued = seen;
        }
    }

    /// <summary>Returns the fence of a point that was issued before.</summary>
    /// <param name="point">The point, 0 to <see cref="Issued"/>; point 0 is always signaled.</param>
    /// <returns>The fence.</returns>
    /// <remarks>Never blocks, never allocates. May be called on a disposed timeline, whose fences stay readable.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The point was never issued.</exception>
    public Fence GetFence(ulong point)
    {
        CheckIssued(point);
        return new Fence(this, point);
    }

    /// <summary>
    /// Ends the timeline. Pending points fault with <see cref="FenceAbandonedException"/>, so that nobody waits for ever; complete points
    /// keep their outcome. A second call does nothing.
    /// </summary>
    /// <remarks>Callbacks of pending points run on this thread, before the method returns.</remarks>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Called by <see cref="Dispose()"/>. A derived driver releases its resources here, and then calls the base implementation.</summary>
    /// <param name="disposing">Always true, since the base class has no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        if ((Interlocked.Or(ref _issue.Flags, IssueDisposed) & IssueDisposed) != 0)
        {
            return;
        }

        _watchdog?.Dispose();
        _sentinel?.Dispose();

        // First stops issuing, then faults the pending points. A point that is issued in between is poisoned like all others.
        ulong completed = Completed;
        ulong issued = Issued;
        FenceKitEventSource.Log.Disposed(Name, completed, issued);
        FenceAbandonedException error = FenceAbandonedException.ForIdleTimeline(Name);
        if (completed < issued)
        {
            error = FenceAbandonedException.ForTimeline(Name, completed, issued, FindIssuer(completed + 1));
            FenceKitEventSource.Log.TellAbandoned(error.TimelineName, error.Message);
        }

        Poison(error);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool HasReached(ulong target) => TimelineState.HasReached(_hot.State.Read(), target);

    /// <summary>Issues the next point of an internal timeline, on which only one thread at a time issues, without an interlocked operation.</summary>
    internal Fence IssueAlone()
    {
        ulong point = _issue.Issued + 1;
        Volatile.Write(ref _issue.Issued, point);
        return new Fence(this, point);
    }

    private Fence IssueSlow()
    {
        if ((Volatile.Read(ref _issue.Flags) & IssueDisposed) != 0)
        {
            FenceThrow.TimelineDisposed(Name);
        }

        ulong point = Interlocked.Increment(ref _issue.Issued);
        _issue.Issuers?.Record(point);
        return new Fence(this, point);
    }

    private void CheckIssued(ulong point)
    {
        ulong issued = Volatile.Read(ref _issue.Issued);
        if (point > issued)
        {
            FenceThrow.PointNeverIssued(Name, point, issued);
        }
    }
}
