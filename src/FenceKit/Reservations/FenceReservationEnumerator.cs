// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Enumerates the pending fences of a <see cref="FenceReservation"/> without its lock. When the reservation changes during the enumeration,
/// it restarts: then <see cref="IsRestarted"/> is set with the next fence, and a caller that accumulates a result must start over.
/// </summary>
[DebuggerDisplay("{Usage}: {Current}")]
internal ref struct FenceReservationEnumerator
{
    private readonly FenceReservation? _reservation; // null in a default value, which is empty
    private readonly FenceUsage _usage;
    private readonly bool _withFailed;
    private int _version;
    private int _index;

    internal FenceReservationEnumerator(FenceReservation reservation, FenceUsage usage, bool withFailed)
    {
        _withFailed = withFailed;
        _reservation = reservation;
        _usage = usage;
        _version = -1; // never a valid version, since it is odd: so the first step sets IsRestarted
    }

    /// <summary>The present fence.</summary>
    public Fence Current { get; private set; }

    /// <summary>The usage of <see cref="Current"/>.</summary>
    public FenceUsage Usage { get; private set; }

    /// <summary>Whether the enumeration has (re)started with <see cref="Current"/>: fences that were seen before are to be discarded.</summary>
    public bool IsRestarted { get; private set; }

    /// <summary>For <c>foreach</c>.</summary>
    /// <returns>This enumerator.</returns>
    public readonly FenceReservationEnumerator GetEnumerator() => this;

    /// <summary>Advances to the next pending fence.</summary>
    /// <returns>False at the end. Then the reservation has not changed since <see cref="IsRestarted"/> was last set.</returns>
    /// <remarks>
    /// Lock-free, never allocates. If an enumeration restarts and finds no more fences, it ends with <see cref="IsRestarted"/> set.
    /// </remarks>
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
