// SPDX-License-Identifier: MIT
using FenceKit.Samples.Reclaim.Linux;

namespace FenceKit.Contract.Probe.Hangs;

/// <summary>
/// io_uring against userfaultfd: completions are posted on the thread that submitted. If that one discards memory it sleeps until the
/// monitor has acknowledged; the monitor does so when the requests are over; and they are over when the submitter has posted that.
/// </summary>
internal sealed class RingHang : IDisposable
{
    private readonly FenceTimeline _requests = new("request");
    private readonly FenceTimeline _acknowledgements = new("acknowledgement");
    private readonly AnonymousMapping _memory = new(Environment.SystemPageSize);
    private readonly Userfaultfd _events;
    private readonly EventPoll _poll = new();
    private readonly IoUring _ring = new(entries: 4, slots: 1);
    private readonly WakeEvent _never = new();

    private RingHang()
    {
        _events = new Userfaultfd(_memory);
        _poll.Watch(_events.Descriptor, tag: 0);
    }

    internal static void Run(bool submitterDiscards, Action beforeHang)
    {
        using RingHang parts = new();
        parts.Discard(submitterDiscards, isAnythingInFlight: false, static () => { }); // harmless: the order is the same
        parts.Discard(submitterDiscards, isAnythingInFlight: true, beforeHang);
    }

    public void Dispose()
    {
        _ring.Dispose();
        _poll.Dispose();
        _events.Dispose();
        _memory.Dispose();
        _never.Dispose();
    }

    private void Discard(bool submitterDiscards, bool isAnythingInFlight, Action beforeHang)
    {
        using ManualResetEventSlim isSubmitted = new();
        using ManualResetEventSlim isOver = new();
        Thread monitor = Hang.Start("monitor", () => Acknowledge(isAnythingInFlight));
        Thread submitter = Hang.Start("submitter", () =>
        {
            // What this thread submits is completed by this thread, so whatever it does meanwhile is on the way to the signal.
            using (_requests.BeginSignaling())
            {
                if (isAnythingInFlight)
                {
                    _ring.TryPreparePoll(_never.Descriptor, tag: 1);
                    _ring.Submit(wait: false);
                }

                isSubmitted.Set();
                if (submitterDiscards)
                {
                    beforeHang();
                    DiscardAndWait();
                }
            }

            isOver.Wait();
        });
        isSubmitted.Wait();
        if (!submitterDiscards)
        {
            beforeHang();
            DiscardAndWait();
        }

        monitor.Join();
        isOver.Set();
        submitter.Join();
    }

    /// <summary>As an owner of memory does; here the kernel makes it wait for the monitor.</summary>
    private void DiscardAndWait()
    {
        Fence acknowledged = _acknowledgements.Issue();
        _memory.MarkIfZero(0);
        _memory.Discard(0, _memory.Length);
        acknowledged.Wait();
    }

    private void Acknowledge(bool isAnythingInFlight)
    {
        _poll.Wait();
        using (_acknowledgements.BeginSignaling())
        {
            Fence requests = _requests.Issue();
            if (isAnythingInFlight)
            {
                _ring.CancelRequests(_never.Descriptor);
                while (!_ring.TryTakeCompletion(out _))
                {
                    _ring.Submit(wait: true);
                }
            }

            _requests.Signal(requests);
            requests.Wait(); // complete: said so that the order is known
            _events.TryAcknowledge(out _, out _);
            _acknowledgements.Signal(_acknowledgements.Issued);
        }
    }
}
