// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    private readonly Dictionary<string, long> _suppressions = [];

    /// <summary>The reasons passed to <see cref="Suppress"/>, with the number of calls.</summary>
    public IReadOnlyDictionary<string, long> Suppressions
    {
        get
        {
            using (_gate.EnterScope())
            {
                return new Dictionary<string, long>(_suppressions);
            }
        }
    }

    /// <summary>
    /// Begins a section that must not wait: no <see cref="Wait(LockMap, string, int)"/>, and no lock that is ever held over a wait,
    /// directly or through others.
    /// </summary>
    public LockSectionScope EnterNoWaitSection()
    {
        LockHolder stack = LockHolder.Current(this);
        stack.AddNoWait(1);
        return new LockSectionScope(this, stack, LockSectionScope.SectionKind.NoWait);
    }

    /// <summary>Begins a section that must not allocate. Allocations in it are measured, and reported when it ends.</summary>
    /// <remarks>
    /// Allocations of the validator itself do not count, except those of sinks. The runtime allocates an event and counters when a lock is
    /// contended for the first time, and thread statics. So the first two times that up to 512 bytes are allocated under one lock or
    /// context, the innermost that the thread holds (or by one thread that holds none), are tolerated, and for each thread up to 88 bytes
    /// once. A repeated allocation is reported the third or fourth time, and one of more than 512 bytes the first time.
    /// </remarks>
    public LockSectionScope EnterNoAllocationSection()
    {
        LockHolder stack = LockHolder.Current(this);
        GC.KeepAlive(s_allocation); // The runtime creates it at its first use, which would otherwise be the first report, inside the section.
        stack.AddNoAllocation(1);
        return new LockSectionScope(
            this,
            stack,
            LockSectionScope.SectionKind.NoAllocation,
            bytes: GC.GetAllocatedBytesForCurrentThread() - stack.OwnBytes);
    }

    /// <summary>Announces that memory may be allocated here, even if none is: reported inside a section that must not allocate.</summary>
    /// <exception cref="LockViolationException">A throwing sink is installed and this is such a section.</exception>
    public void MightAllocate()
    {
        LockHolder stack = LockHolder.Current(this);
        if (stack.InNoAllocationSection)
        {
            ReportMisuse(stack, LockViolationKind.AllocationInSection, s_allocation, "Memory may be allocated here, inside a section that must not allocate.");
        }
    }

    /// <summary>Announces that this thread is now inside an exclusive context. If it already is, nothing changes.</summary>
    /// <param name="context">The context.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="context"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public LockSectionScope EnterExclusive(ExclusiveContext context, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(context);
        LockHolder stack = LockHolder.Current(this);
        if (stack.IndexOf(context.Map) >= 0)
        {
            return default;
        }

        Acquire(context.Map, file, line);
        return new LockSectionScope(this, stack, LockSectionScope.SectionKind.Exclusive, context.Map);
    }

    /// <summary>
    /// Announces that an exclusive context is needed here: a Send to the UI thread, a wait for finalizers, an allocation that may reclaim.
    /// </summary>
    /// <param name="context">The context. The call does nothing while this thread has masked it.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="context"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void NeedExclusive(ExclusiveContext context, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(context);
        MightAcquire(context.Map, LockAcquireMode.Exclusive, file, line);
    }

    /// <summary>
    /// Announces that an exclusive context cannot be needed until the scope ends, whatever is called (a NOFS scope of Linux).
    /// </summary>
    /// <param name="context">The context.</param>
    /// <exception cref="ArgumentNullException"><paramref name="context"/> is null.</exception>
    public LockSectionScope MaskExclusive(ExclusiveContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        LockHolder stack = LockHolder.Current(this);
        (stack.MaskedMaps ??= []).Add(context.Map);
        return new LockSectionScope(this, stack, LockSectionScope.SectionKind.MaskedExclusive, context.Map);
    }

    /// <summary>
    /// Disables validation on this thread until the scope ends. Locks that are acquired inside count as held but cause no finding;
    /// allocations inside do not count.
    /// </summary>
    /// <param name="reason">The reason; it is recorded and counted, see <see cref="Suppressions"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="reason"/> is null, empty or white space.</exception>
    public LockSectionScope Suppress(string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        LockHolder stack = LockHolder.Current(this);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using (_gate.EnterScope())
        {
            _suppressions[reason] = _suppressions.GetValueOrDefault(reason) + 1;
        }

        stack.AddSuppressed(1);
        return new LockSectionScope(this, stack, LockSectionScope.SectionKind.Suppressed, bytes: before - stack.OwnBytes);
    }

    /// <summary>
    /// Announces that this thread does work that other threads wait for. Entering counts as a try, because entering never waits.
    /// </summary>
    internal LockSectionScope EnterWork(LockMap map, string? file, int line)
    {
        LockHolder stack = Acquire(map, new LockAcquireOptions { Mode = LockAcquireMode.Shared, Attempt = LockAttempt.Try }, file, line);
        return new LockSectionScope(this, stack, LockSectionScope.SectionKind.Exclusive, map);
    }

    internal void EndSection(LockHolder stack, LockSectionScope.SectionKind kind, LockMap? map, long bytes)
    {
        switch (kind)
        {
            case LockSectionScope.SectionKind.NoWait:
                stack.AddNoWait(-1);
                break;
            case LockSectionScope.SectionKind.NoAllocation:
                EndNoAllocation(stack, bytes);
                break;
            case LockSectionScope.SectionKind.Exclusive:
                Release(map!);
                break;
            case LockSectionScope.SectionKind.MaskedExclusive:
                stack.MaskedMaps!.Remove(map!);
                break;
            default:
                stack.AddSuppressed(-1);
                stack.OwnBytes = GC.GetAllocatedBytesForCurrentThread() - bytes; // counted as the validator's own allocation
                break;
        }
    }

    private void EndNoAllocation(LockHolder stack, long bytes)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread() - stack.OwnBytes - bytes;
        stack.AddNoAllocation(-1);
        if (allocated > 0 && _options.MeasureAllocation && !MayBeOfRuntime(stack, allocated))
        {
            ReportMisuse(stack, LockViolationKind.AllocationInSection, s_allocation, $"{allocated} bytes were allocated in a section that must not allocate.");
        }
    }

    /// <summary>
    /// Whether an allocation may be a one-time allocation of the runtime: the event and the counters of a <see cref="Lock"/> that is
    /// contended for the first time, or thread statics. The runtime does not tell, and a contention that ends before the thread sleeps is
    /// not counted anywhere.
    /// </summary>
    private static bool MayBeOfRuntime(LockHolder stack, long allocated)
    {
        if (allocated <= BytesOnceForThread && !stack.HasContended)
        {
            return stack.HasContended = true;
        }

        return allocated <= BytesOnce && (stack.Entries is [.., { Instance: LockMap innermost }] ? innermost.TryLetPassSmallAllocation() : stack.TryLetPassSmallAllocation());
    }

    // Measured for a contended Lock: 192; 136 if the thread has waited for another lock before; 504 for the first one in the process.
    private const long BytesOnce = 512;

    // For a thread whose first contention ended before it had to wait: 32, or 56 if its thread statics were not yet allocated.
    private const long BytesOnceForThread = 32 + 56;

    private static readonly LockMap s_allocation = new(LockClass.Create("(allocation)"), "(memory)");
}
