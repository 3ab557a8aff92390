// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FASTER.core;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>Beside packages that do a part of the same: events to await, and epochs for readers.</summary>
internal static class PeerRows
{
    private static readonly DotNext.Threading.AsyncManualResetEvent s_pooled = new(initialState: false);
    private static readonly Microsoft.VisualStudio.Threading.AsyncManualResetEvent s_inline = new(initialState: false, allowInliningAwaiters: true);
    private static readonly Action s_setPooled = static () => s_pooled.Set();
    private static bool s_done;

    internal static IEnumerable<RatioRow> Awaits() =>
    [
        new("await.vs-peers.dotnext", AwaitRows.AwaitPool, EventPool, 0.8, "await + signal of a fence, through the thread pool", "DotNext.Threading AsyncManualResetEvent", Threads: 2),
        new("await.vs-peers.vs-threading", AwaitRows.AwaitInline, EventInline, 0.8, "await + signal of a fence, inline", "Microsoft.VisualStudio.Threading AsyncManualResetEvent, inline"),
    ];

    internal static IEnumerable<RatioRow> Gates()
    {
        ReaderGate gate = new(new InvalidationNotifier("ratios"), AddressRange.All, "readers");
        LightEpoch epoch = new(); // not disposed, as the gate: what is measured lives as long as the process
        return
        [
            new("gate.vs-epoch", count => Enter(gate, count), count => Protect(epoch, count), 0.2, "GateReader: enter + leave", "FASTER LightEpoch: Resume + Suspend"),
        ];
    }

    private static void Enter(ReaderGate gate, int count)
    {
        GateReader reader = gate.GetReader();
        for (int i = 0; i < count; i++)
        {
            using (reader.Enter())
            {
            }
        }
    }

    private static void Protect(LightEpoch epoch, int count)
    {
        for (int i = 0; i < count; i++)
        {
            epoch.Resume();
            epoch.Suspend();
        }
    }

    private static void EventInline(int count)
    {
        s_done = false;
        s_inline.Reset();
        _ = Consume(count);
        while (!s_done)
        {
            s_inline.Set();
        }

        static async Task Consume(int count)
        {
            for (int i = 0; i < count; i++)
            {
                s_inline.Reset();
                await s_inline.WaitAsync().ConfigureAwait(false);
            }

            s_done = true;
        }
    }

    private static void EventPool(int count)
    {
        Consume(count).GetAwaiter().GetResult();

        static async Task Consume(int count)
        {
            for (int i = 0; i < count; i++)
            {
                s_pooled.Reset();
#pragma warning disable CA2012 // Awaited here and once: the awaiter goes through one that sets the event when it is attached.
                await new AwaitRows.Attach<ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter>(
                    s_pooled.WaitAsync().ConfigureAwait(false).GetAwaiter(), s_setPooled);
#pragma warning restore CA2012
            }
        }
    }
}
