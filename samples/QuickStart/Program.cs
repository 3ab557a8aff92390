// SPDX-License-Identifier: MIT
// FenceKit in one file. A device writes into pages, a thread reads them, and their owner frees pages under both of them.
// Run it: dotnet run -c Release --project samples/QuickStart
using FenceKit;

PageStore store = new(pages: 8);
FillingDevice driver = new(store);
await using DeviceQueue<int> device = new("filler", driver);
using IDisposable attached = device.Attach(store.Notifier, store.Range);    // the owner's sessions reach the device from here on

using CancellationTokenSource stop = new();
Task<long> reader = Task.Run(() => Reader.ReadUntilStopped(store, stop.Token));

int freed = 0, busy = 0;
for (int round = 0; round < 40; round++)
{
    int page = round % store.Count;
    _ = device.TrySubmit(page, out Fence filled);                           // (never full here: one command at a time)
    while (driver.Started <= round) await Task.Yield();                     // the device is at work on the page now
    bool isFree = store.TryFree(page, budget: TimeSpan.Zero);
    if (!isFree) busy++;                                                    // an owner in a hurry backs off, and nothing is lost
    if (isFree || store.TryFree(page, TimeSpan.FromSeconds(10))) freed++;   // a patient one waits for the device and the reader
    if (!filled.IsSignaled) Console.WriteLine($"page {page}: freed under the device!");
}

await stop.CancelAsync();
long reads = await reader;
Console.WriteLine($"{freed} pages freed while a device and a reader used them, {busy} attempts backed off, {reads:N0} reads.");
Console.WriteLine(store.TouchedAfterFree() ? "Somebody touched a page after it was freed." : "Nobody touched a page after it was freed.");
return store.TouchedAfterFree() || freed != 40 ? 1 : 0;

/// <summary>The owner of the memory. A page that it frees is filled with a mark, so that one sees who touches it afterwards.</summary>
internal sealed class PageStore(int pages)
{
    internal const byte FreeMark = 0xDD;
    private const int PageSize = 4096;
    private readonly byte[][] _pages = [.. Enumerable.Range(0, pages).Select(_ => new byte[PageSize])];
    private readonly List<byte[]> _freed = [];

    /// <summary>Everybody who uses the pages subscribes here.</summary>
    internal InvalidationNotifier Notifier { get; } = new("pages");

    internal AddressRange Range { get; } = new(0, (ulong)(pages * PageSize));

    internal int Count => _pages.Length;

    internal byte[] this[int page] => Volatile.Read(ref _pages[page]);

    internal static AddressRange RangeOf(int page) => new((ulong)(page * PageSize), (ulong)((page + 1) * PageSize));

    internal bool TouchedAfterFree() => _freed.Exists(page => page.AsSpan().ContainsAnyExcept(FreeMark));

    /// <summary>The three phases: tell everybody, do one's own work meanwhile, wait once.</summary>
    internal bool TryFree(int page, TimeSpan budget)
    {
        if (!Notifier.TrySchedule(RangeOf(page), InvalidationReason.Discard, out InvalidationSession session))
            return false;                                                   // A: somebody would have had to block
        using (session)
        {
            byte[] fresh = new byte[PageSize];                              // B: meanwhile; new readers of this page wait from here on
            if (session.Wait(budget) != InvalidationOutcome.Completed)      // C: one budget for the device and the reader together
                return false;                                               // leaving the scope backs off
            _pages[page].AsSpan().Fill(FreeMark);                           // nobody uses it any more
            _freed.Add(_pages[page]);
            Volatile.Write(ref _pages[page], fresh);
            session.Commit();                                               // from here on readers may enter again
            return true;
        }
    }
}

/// <summary>A driver. The queue in front of it does the rest: order, room, fences, hangs, and getting out of the owner's way.</summary>
internal sealed class FillingDevice(PageStore store) : DeviceDriver<int>
{
    private int _started;

    internal int Started => Volatile.Read(ref _started);

    public override int GetRanges(in int page, Span<AddressRange> ranges)
    {
        ranges[0] = PageStore.RangeOf(page);
        return 1;
    }

    public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
    {
        foreach (DeviceCommand<int> command in batch) _ = FillAsync(command, store[command.Payload]);
    }

    private async Task FillAsync(DeviceCommand<int> command, byte[] page)   // the device keeps a pointer into the page
    {
        Interlocked.Increment(ref _started);
        await Task.Delay(5);                                                // hardware takes its time
        page.AsSpan().Fill(1);
        command.Complete();                                                 // its fence signals, and the owner's wait goes on
    }
}

/// <summary>A thread that follows pointers: nothing that it uses inside the gate goes away, at about a nanosecond a visit.</summary>
internal static class Reader
{
    internal static long ReadUntilStopped(PageStore store, CancellationToken stop)
    {
        using ReaderGate gate = new(store.Notifier, store.Range, "reader");
        for (long reads = 0; ; reads++)
        {
            if (stop.IsCancellationRequested) return reads;
            int page = (int)(reads % store.Count);
            using (gate.Enter(PageStore.RangeOf(page)))
            {
                if (store[page][0] == PageStore.FreeMark) throw new InvalidOperationException($"Page {page} was read after it was freed.");
            }
        }
    }
}
