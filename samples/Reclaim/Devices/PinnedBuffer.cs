// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Devices;

/// <summary>
/// One buffer of the <see cref="RingDevice"/>. Stopping takes four steps (call back, drain, unpin, signal), chained by the device itself,
/// so that the one who invalidates sees a single fence.
/// </summary>
internal sealed class PinnedBuffer(int buffer, PageMemory memory, FrameTable frames, IReadEngine engine)
    : DeviceMapping($"ring buffer {buffer}", memory.RangeOf(buffer))
{
    private readonly FenceTimeline _loads = new($"loads of buffer {buffer}");
    private int _inFlight;
    private bool _isCancelled;

    /// <summary>Reads that the device has accepted and not yet finished.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Whether the device refills the buffer by itself, or only when <see cref="Load"/> asks.</summary>
    public bool IsKeptFull { get; set; }

    /// <summary>Asks for all pages of the buffer; the fence signals when they are there.</summary>
    public Fence Load()
    {
        Fence loaded = _loads.Issue();
        engine.Wake();
        return loaded;
    }

    /// <summary>
    /// Does what there is to do, up to <paramref name="credit"/> new reads; returns how many it started. Ring thread only.
    /// </summary>
    public int Step(int credit)
    {
        if (IsStopping)
        {
            Stop();
            return 0;
        }

        bool isAsked = _loads.Completed < _loads.Issued;
        if (isAsked && frames.IsLoaded(buffer))
        {
            _loads.Signal(_loads.Issued);
            return 0;
        }

        return (isAsked || IsKeptFull) && !frames.IsLoaded(buffer) && (IsMapped || TryMap()) ? StartReads(credit) : 0;
    }

    /// <summary>The device has finished a read. Ring thread only.</summary>
    public void Complete(in ReadCompletion completion)
    {
        frames.EndLoad(buffer, completion.Page, completion.Outcome == ReadOutcome.Succeeded);
        Volatile.Write(ref _inFlight, _inFlight - 1);
    }

    public override void Poison(Exception error)
    {
        _loads.Poison(error);
        base.Poison(error);
    }

    public override void Dispose()
    {
        _loads.Dispose();
        base.Dispose();
    }

    // Ending the ring's sleep is one write to an eventfd: no wait, no allocation, no lock.
    protected override bool TryRequestStop()
    {
        engine.Wake();
        return true;
    }

    protected override void Map() => engine.Pin(buffer);

    protected override void Unmap() => engine.Unpin(buffer);

    private void Stop()
    {
        if (!_isCancelled)
        {
            engine.Cancel(buffer);
            _isCancelled = true;
        }

        // Unpinning under a read that is still in flight would let it land in pages that are no longer ours.
        if (_inFlight == 0)
        {
            _isCancelled = false;
            CompleteStop();
        }
    }

    private int StartReads(int credit)
    {
        int started = 0;
        for (int page = 0; page < memory.PagesPerBuffer && started < credit; page++)
        {
            if (!frames.TryBeginLoad(buffer, page, out int block))
            {
                continue;
            }

            if (!engine.TryRead(buffer, page, block))
            {
                frames.EndLoad(buffer, page, isReady: false);
                break;
            }

            started++;
        }

        Volatile.Write(ref _inFlight, _inFlight + started);
        return started;
    }
}
