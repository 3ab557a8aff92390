// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Owners;

/// <summary>
/// Keeps memory within a budget. A range that would have to be waited for is left alone and tried again later; by then the devices have
/// usually finished what the first attempt began, and the second costs nothing.
/// </summary>
internal sealed class Reclaimer(InvalidationNotifier notifier, PageMemory memory, FrameTable frames)
{
    private const int Candidates = 4; // asking everybody at once would drive the devices off ranges that are still needed
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(1);
    private readonly List<int> _resident = []; // the one that was loaded longest ago comes first
    private readonly bool[] _wasSkipped = new bool[memory.Buffers];

    public int Resident => _resident.Count;

    /// <summary>Ranges whose pages went back to the system.</summary>
    public long Reclaimed { get; private set; }

    /// <summary>Attempts that were given up because somebody still used the range.</summary>
    public long Skipped { get; private set; }

    /// <summary>Ranges that were reclaimed after a short wait.</summary>
    public long Waited { get; private set; }

    /// <summary>Attempts at a range that had been given up before.</summary>
    public long Retried { get; private set; }

    public void Add(int buffer) => _resident.Add(buffer);

    /// <summary>Reclaims one range: first whichever is free, then whichever becomes free in a moment.</summary>
    public bool TryMakeRoom()
    {
        for (int tried = 0; tried < _resident.Count; tried += Candidates)
        {
            if (TryAny(TimeSpan.Zero) || TryAny(s_patience))
            {
                return true;
            }

            // Stuck ones among them must not stand in the way of the others.
            int count = Math.Min(Candidates, _resident.Count);
            _resident.AddRange(_resident[..count]);
            _resident.RemoveRange(0, count);
        }

        return false;
    }

    private bool TryAny(TimeSpan patience)
    {
        int count = Math.Min(Candidates, _resident.Count);
        for (int i = 0; i < count; i++)
        {
            if (TryReclaim(_resident[i], patience))
            {
                _resident.RemoveAt(i);
                return true;
            }
        }

        return false;
    }

    private bool TryReclaim(int buffer, TimeSpan patience)
    {
        Retried += _wasSkipped[buffer] ? 1 : 0;
        _wasSkipped[buffer] = true;
        if (!notifier.TrySchedule(memory.RangeOf(buffer), InvalidationReason.Unmap, out InvalidationSession session))
        {
            Skipped++;
            return false;
        }

        using (session)
        {
            frames.Park(buffer);
            bool isFree = session.TryWait() == InvalidationOutcome.Completed;
            if (!isFree && session.Wait(patience) != InvalidationOutcome.Completed)
            {
                frames.Restore(buffer);
                session.BackOff();
                Skipped++;
                return false;
            }

            Free(buffer);
            session.Commit();
            Waited += isFree ? 0 : 1;
        }

        _wasSkipped[buffer] = false;
        Reclaimed++;
        return true;
    }

    private void Free(int buffer)
    {
        PageRange pages = memory.WholeOf(buffer);
        memory.Discard(pages);
        if (memory.CountResident(buffer) != 0)
        {
            throw new InvalidOperationException($"Buffer {buffer} still takes up memory after it was given back.");
        }

        frames.Free(pages);
        frames.Restore(buffer);
    }
}
