// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Invalidates many ranges together: one session, one process-wide barrier for all readers, one wait. Created by
/// <see cref="InvalidationNotifier.CreateBatch"/>.
/// </summary>
/// <remarks>
/// Ranges that overlap or touch are merged; each subscriber is called once for every merged range that it overlaps. When more merged ranges
/// than the threshold are left, one range that covers them all is invalidated instead: subscribers may be told about more than goes away,
/// never about less. <b>Thread safety</b>: none; a batch belongs to one thread at a time. <b>Allocates</b>: only when it grows.
/// </remarks>
[DebuggerDisplay("{Count} ranges")]
public sealed class InvalidationBatch
{
    private readonly InvalidationNotifier _notifier;
    private readonly int _coveringThreshold;
    private readonly List<AddressRange> _ranges = [];
    private AddressRange[] _merged = new AddressRange[8];

    internal InvalidationBatch(InvalidationNotifier notifier, int coveringThreshold)
    {
        _notifier = notifier;
        _coveringThreshold = coveringThreshold;
    }

    /// <summary>How many ranges were added since the batch was last emptied.</summary>
    public int Count => _ranges.Count;

    /// <summary>Adds a range.</summary>
    /// <param name="range">The range that is going away; it may overlap others.</param>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    public void Add(AddressRange range)
    {
        AddressRange.IfEmpty(range);
        _ranges.Add(range);
    }

    /// <summary>
    /// Whether the batch contains a range that overlaps this one. An owner that defers invalidations must run the batch before it changes
    /// such a range or lets anyone map it again: otherwise the late invalidation hits the new contents, or comes too late for the old ones.
    /// </summary>
    /// <param name="range">The range that is about to be used.</param>
    /// <returns>True when the batch has to run first. The counterpart in Linux is flush_tlb_batched_pending.</returns>
    /// <remarks>Takes time in proportion to <see cref="Count"/>.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    public bool Overlaps(AddressRange range)
    {
        AddressRange.IfEmpty(range);
        foreach (AddressRange waiting in _ranges)
        {
            if (waiting.Overlaps(range))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Empties the batch. Sessions that it began are not affected.</summary>
    public void Clear() => _ranges.Clear();

    /// <summary>Phase A for all ranges at once.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="session">The session over all ranges, to be waited for and ended. <c>default</c> when the result is false.</param>
    /// <param name="file">Filled in by the compiler: where the session was scheduled, for reports.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False when a subscriber could not start without blocking; nothing is in progress then.</returns>
    /// <remarks>
    /// As <see cref="InvalidationNotifier.TrySchedule(AddressRange, InvalidationReason, out InvalidationSession, string, int)"/>. The batch keeps its
    /// ranges, for another attempt; <see cref="Clear"/> empties it.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reason"/> is none of the named values.</exception>
    /// <exception cref="InvalidOperationException">The batch is empty.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public bool TrySchedule(
        InvalidationReason reason, out InvalidationSession session, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (_ranges.Count == 0)
        {
            throw new InvalidOperationException("The batch is empty.");
        }

        return _notifier.TryScheduleMerged(Merge(), reason, new SchedulePlace(file, line), out session);
    }

    private ReadOnlySpan<AddressRange> Merge()
    {
        _ranges.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        if (_merged.Length < _ranges.Count)
        {
            _merged = new AddressRange[_ranges.Capacity];
        }

        int count = 0;
        foreach (AddressRange range in _ranges)
        {
            if (count > 0 && range.Start <= _merged[count - 1].End)
            {
                AddressRange last = _merged[count - 1];
                _merged[count - 1] = new AddressRange(last.Start, Math.Max(last.End, range.End));
            }
            else
            {
                _merged[count++] = range;
            }
        }

        if (count > _coveringThreshold)
        {
            _merged[0] = new AddressRange(_merged[0].Start, _merged[count - 1].End);
            count = 1;
        }

        return _merged.AsSpan(0, count);
    }
}
