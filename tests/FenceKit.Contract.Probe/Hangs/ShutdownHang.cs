// SPDX-License-Identifier: MIT
using FenceKit.Samples.Reclaim.Linux;

namespace FenceKit.Contract.Probe.Hangs;

/// <summary>The monitor is gone, and the last discard waits for it for ever, unless the descriptor was closed before.</summary>
internal static class ShutdownHang
{
    internal static void Run(bool closesFirst, Action beforeHang)
    {
        using AnonymousMapping memory = new(Environment.SystemPageSize);
        Userfaultfd events = new(memory);
        FenceTimeline acknowledgements = new("acknowledgement");
        memory.MarkIfZero(0);
        if (closesFirst)
        {
            events.Dispose();
        }

        acknowledgements.Dispose(); // the monitor has ended
        try
        {
            acknowledgements.Issue();
        }
        catch (ObjectDisposedException refused)
        {
            Console.WriteLine($"refused: {refused.ObjectName}"); // who asks first does not hang
        }

        beforeHang();
        memory.Discard(0, memory.Length);
        events.Dispose();
    }
}
