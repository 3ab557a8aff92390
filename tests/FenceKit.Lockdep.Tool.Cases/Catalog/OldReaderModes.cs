// SPDX-License-Identifier: MIT
namespace Catalog;

// A thread that becomes a writer and a reader again: each lock is taken in one mode of the table, which the order of locks shows.
internal static class OldReaderModes
{
    private static readonly ReaderWriterLock s_table = new();
    private static readonly object s_afterTimeout = new();
    private static readonly object s_upgraded = new();
    private static readonly object s_downgraded = new();
    private static readonly object s_letGo = new();
    private static readonly object s_restored = new();
    private static readonly object s_asBefore = new();
    private static readonly object s_end = new();

    public static void Run()
    {
        s_table.AcquireReaderLock(Timeout.Infinite);
        s_table.AcquireReaderLock(Timeout.Infinite);
        bool isReading = false, mayEnd = false;
        var other = new Thread(() =>
        {
            s_table.AcquireReaderLock(Timeout.Infinite);
            Volatile.Write(ref isReading, true);
            SpinWait.SpinUntil(() => Volatile.Read(ref mayEnd));
            s_table.ReleaseReaderLock();
        });
        other.Start();
        SpinWait.SpinUntil(() => Volatile.Read(ref isReading));
        try
        {
            s_table.UpgradeToWriterLock(10);
        }
        catch (ApplicationException)
        {
            Use(s_afterTimeout); // still a reader
        }

        Volatile.Write(ref mayEnd, true);
        SpinWait.SpinUntil(() => !other.IsAlive);
        LockCookie before = s_table.UpgradeToWriterLock(Timeout.Infinite);
        Use(s_upgraded);
        s_table.DowngradeFromWriterLock(ref before);
        Use(s_downgraded);
        s_table.ReleaseReaderLock();
        Use(s_asBefore); // it was a reader twice
        LockCookie all = s_table.ReleaseLock();
        Use(s_letGo);
        lock (s_restored)
        {
            s_table.RestoreLock(ref all);
        }

        s_table.ReleaseReaderLock();
        s_table.AcquireWriterLock(1000);
        before = s_table.UpgradeToWriterLock(1000); // a writer twice
        s_table.DowngradeFromWriterLock(ref before);
        Use(s_end);
        s_table.ReleaseWriterLock();
        Use(s_letGo);
    }

    private static void Use(object gate)
    {
        lock (gate)
        {
        }
    }
}
