// SPDX-License-Identifier: MIT
namespace FenceKit.Contract.Probe.Hangs;

/// <summary>
/// Garbage collection against page faults: the collector waits for the thread that sleeps in the fault, the fault for the thread that
/// resolves it, and that one, being managed, for the collector.
/// </summary>
internal static class FaultHang
{
    internal static void Run(bool isNative, Action beforeHang)
    {
        using MissingPages pages = new();
        FenceTimeline faults = new("page fault");
        Thread resolver = Hang.Start("resolver", () =>
        {
            pages.WaitForFault();
            beforeHang();
            using (faults.BeginSignaling())
            {
                GC.Collect(); // as any allocation may, of any thread
                pages.Bring();
            }
        });
        Thread toucher = Hang.Start("toucher", isNative ? pages.TouchFromNativeCode : pages.TouchFromManagedCode);
        toucher.Join();
        resolver.Join();
    }
}
