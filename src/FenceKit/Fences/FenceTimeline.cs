// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// The producer's side of fences: a 64-bit counter that only goes up. <see cref="Issue()"/> hands out the next point as a
/// <see cref="Fence"/>; <see cref="Signal(ulong)"/> completes everything up to a point. What Vulkan calls a timeline semaphore,
/// D3D12 a fence, and the kernel a fence context with its sequence numbers.
/// </summary>
/// <remarks>
/// <para>
/// A fence is a promise: from the moment that <see cref="Issue()"/> hands it out, the owner of the timeline must signal it in finite
/// time, without waiting for the one who waits. Keep the timeline private and give out fences only: its holder can signal it.
/// </para>
/// <para>
/// <b>Thread safety</b>: every member may be called from any thread at any time.
/// <b>Blocks</b>: never, but for a spin of a few instructions while another thread edits the list of callbacks.
/// <b>Allocates</b>: only the constructor, faults (a few at a time, see <see cref="FenceTimelineOptions.RetainedFaults"/>),
/// <see cref="TryGiveUp"/>, <see cref="Dispose()"/> and the report of a throwing callback.
/// </para>
/// </remarks>
[DebuggerDisplay("{Name,nq}: {Completed} of {Issued}")]
public partial class FenceTimeline : IDisposable
{
    // In this order, see TimelineHotFields.
    private TimelineHotFields _hot;
    private FaultLog.Trail _trail; // what the timeline knows of its own faults, see FenceTimeline.Faults.cs
    private TimelineIssueFields _issue;

    private const int IssueDisposed = 1;
    private const int IssueTracked = 2;
    private const int IssueReports = 4; // see FenceTimeline.Reporting.cs

    /// <summary>Creates a timeline that stands at point 0.</summary>
    /// <param name="name">Who produces the fences: it appears in errors, reports and the debugger.</param>
    /// <param name="options">Limits and clock; null for the usual ones.</param>
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

    /// <summary>Who produces the fences.</summary>
    public string Name { get; }

    /// <summary>The last point that was issued. Points count from 1; point 0 is complete from the start.</summary>
    public ulong Issued => Volatile.Read(ref _issue.Issued);

    /// <summary>
    /// The last completed point. All ones, shifted (<c>ulong.MaxValue &gt;&gt; 2</c>), once the timeline is poisoned or disposed:
    /// everything is complete then.
    /// </summary>
    public ulong Completed => TimelineState.PointOf(_hot.State.Read());

    /// <summary>The clock of timed waits. Set only by a pooled wait for several fences, which takes over the clock of what it waits for.</summary>
    internal TimeProvider TimeProvider { get; set; }

    /// <summary>
    /// How long a waiter looks before it sleeps, see <see cref="BlockingWaiter"/>. A guess: written without care for other threads, and any
    /// value is right.
    /// </summary>
    internal int SpinsBeforeSleep { get; set; } = BlockingWaiter.MostSpins;

    /// <summary>
    /// A waiter that polls has seen a signal, so the next one may poll too: see SignalPolled. A guess, and any value is right.
    /// </summary>
    internal bool IsPolled
    {
        get => _issue.IsPolled != 0;
        set => _issue.IsPolled = value ? 1 : 0;
    }

    /// <summary>Who knows what holds a point up; null when nobody in FenceKit does. Set before fences are given out.</summary>
    internal IFenceProducer? Producer { get; init; }

    /// <summary>Where <c>await</c> finds its nodes.</summary>
    internal FenceWaiterPools WaiterPools { get; }

    /// <summary>Who it is and how far it has come, for people.</summary>
    /// <returns>For instance <c>decoder: 3 of 5 complete</c>.</returns>
    public override string ToString()
    {
        ulong completed = Completed; // first: it never passes what was issued afterwards
        ulong issued = Issued;
        return completed == TimelineState.MaxPoint
            ? $"{Name}: ended, {issued} issued"
            : $"{Name}: {completed} of {issued} complete";
    }

    /// <summary>Hands out the next point.</summary>
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

    /// <summary>Hands out <paramref name="count"/> points at once.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <returns>The fence of the last of them; the others are reached through <see cref="GetFence"/>.</returns>
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

    /// <summary>The fence of a point that was issued before.</summary>
    /// <param name="point">0 to <see cref="Issued"/>; point 0 is signaled from the start.</param>
    /// <returns>The fence.</returns>
    /// <remarks>Never blocks, never allocates. Works on a disposed timeline too: its fences stay readable.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The point was never issued.</exception>
    public Fence GetFence(ulong point)
    {
        CheckIssued(point);
        return new Fence(this, point);
    }

    /// <summary>
    /// Ends the timeline. Points that are still pending fault with <see cref="FenceAbandonedException"/>, so nobody waits for ever;
    /// points that completed before keep their outcome. Calling it again does nothing.
    /// </summary>
    /// <remarks>Callbacks of pending points run on this thread, before the method returns.</remarks>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Called by <see cref="Dispose()"/>; a driver that derives releases its own things here, then calls the base.</summary>
    /// <param name="disposing">True: there is no finalizer in the base class.</param>
    protected virtual void Dispose(bool disposing)
    {
        if ((Interlocked.Or(ref _issue.Flags, IssueDisposed) & IssueDisposed) != 0)
        {
            return;
        }

        _watchdog?.Dispose();
        _sentinel?.Dispose();

        // First no new points, then an end for those that are out. A point issued between the two reads poisoned like all others.
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

    /// <summary>Hands out the next point of a timeline of FenceKit's own, on which one party at a time issues: no interlocked operation.</summary>
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
