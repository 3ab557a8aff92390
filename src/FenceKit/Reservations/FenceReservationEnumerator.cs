// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Walks over the pending fences of a <see cref="FenceReservation"/> without its lock. When the reservation changes meanwhile the walk
/// begins again: the first fence after that has <see cref="IsRestarted"/> set, and a caller that adds something up starts over.
/// </summary>
[DebuggerDisplay("{Usage}: {Current}")]
internal ref struct FenceReservationEnumerator
{
    private readonly FenceReservation? _reservation; // null in a default value: nothing to walk over
    private readonly FenceUsage _usage;
    private readonly bool _withFailed;
    private int _version;
    private int _index;

    internal FenceReservationEnumerator(FenceReservation reservation, FenceUsage usage, bool withFailed)
    {
        _withFailed = withFailed;
        _reservation = reservation;
        _usage = usage;
        _version = -1; // odd, so no reader ever begins with it: the first step restarts
    }

    /// <summary>The fence.</summary>
    public Fence Current { get; private set; }

    /// <summary>Its usage.</summary>
    public FenceUsage Usage { get; private set; }

    /// <summary>Whether <see cref="Current"/> is the first of a walk: what was seen before it counts no more.</summary>
    public bool IsRestarted { get; private set; }

    /// <summary>For <c>foreach</c>.</summary>
    /// <returns>This.</returns>
    public readonly FenceReservationEnumerator GetEnumerator() => this;

    /// <summary>Goes to the next fence that is pending.</summary>
    /// <returns>False at the end; the reservation had not changed since <see cref="IsRestarted"/> was last set.</returns>
    /// <remarks>Lock-free, never allocates. If a walk that found fences restarts and finds none, <see cref="IsRestarted"/> is set at the end.</remarks>
    public bool MoveNext()
    {
        IsRestarted = false;
        while (_reservation is not null)
        {
            switch (_reservation.TryRead(ref _version, _index, out Fence fence, out FenceUsage usage))
            {
                case FenceReservation.ReadResult.Changed:
                    _index = 0;
                    IsRestarted = true;
                    continue;
                case FenceReservation.ReadResult.End:
                    return false;
            }

            _index++;
            if (usage <= _usage && (!fence.IsSignaled || (_withFailed && fence.Status != FenceStatus.Signaled)))
            {
                Current = fence;
                Usage = usage;
                return true;
            }
        }

        return false;
    }
}
