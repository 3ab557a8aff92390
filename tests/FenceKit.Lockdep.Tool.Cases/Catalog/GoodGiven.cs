// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace Catalog;

// What looks like the bad ones, and cannot hang.
internal static class GoodGiven
{
    private static readonly object s_gate = new();
    private static readonly ConcurrentDictionary<int, int> s_made = new();
    private static readonly Lazy<int> s_simple = new(static () => 1);
    private static readonly Lazy<int> s_locking = new(static () =>
    {
        lock (s_gate)
        {
            return s_simple.Value;
        }
    });

    public static void Run()
    {
        Arguments();
        Factories();
        Values();
        Loops();
        Links();
        Canceled();
        OldReaders();
        Queues();
    }

    // Each has its own locks: they only seem to be of one class to the method that takes them.
    private static void Arguments()
    {
        for (int i = 0; i < 2; i++)
        {
            object outer = new(), inner = new(), other = new();
            BadGiven.Locked(outer, () => BadGiven.Locked(inner, static () => { }));
            BadGiven.Locked(other, () => BadGiven.Locked(outer, static () => { }));
        }
    }

    // What makes a value for a concurrent dictionary runs without a lock of the dictionary.
    private static void Factories()
    {
        s_made.GetOrAdd(1, Make);
        lock (s_gate)
        {
            s_made.GetOrAdd(2, Make);
            s_made.AddOrUpdate(1, Make, static (key, value) => Make(key));
        }
    }

    private static int Make(int key)
    {
        lock (s_gate)
        {
            return key;
        }
    }

    private static void Values()
    {
        _ = s_locking.Value;
        lock (s_gate)
        {
            _ = s_simple.Value;
        }

        lock (s_made)
        {
            _ = s_locking.Value;
        }

        Alone.Instance.Use();
    }

    private static void Loops()
    {
        object outer = new(), inner = new();
        Parallel.For(0, 20, _ =>
        {
            lock (outer)
            {
                lock (inner)
                {
                }
            }
        });
        lock (outer)
        {
            Parallel.Invoke(() => BadGiven.Locked(inner, static () => { }), () => BadGiven.Locked(inner, static () => { }));
        }
    }

    private static void Links()
    {
        object gate = new();
        using var parent = new CancellationTokenSource();
        CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(parent.Token);
        linked.Token.Register(() => BadGiven.Locked(gate, static () => { }));
        parent.Cancel();
        lock (gate)
        {
        }

        linked.Dispose();

        // Linked to nothing that can be canceled: its end waits for nobody.
        CancellationTokenSource own = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None);
        own.Token.Register(() => BadGiven.Locked(gate, static () => { }));
        own.Cancel();
        lock (gate)
        {
            own.Dispose();
        }
    }

    // Whoever cancels runs the callbacks himself, which his own locks let in.
    private static void Canceled()
    {
        object gate = new();
        for (int i = 0; i < 2; i++)
        {
            using var source = new CancellationTokenSource();
            using CancellationTokenRegistration registration = source.Token.Register(() => BadGiven.Locked(gate, static () => { }));
            if (i == 0)
            {
                source.Cancel();
            }
            else
            {
                lock (gate)
                {
                    source.Cancel();
                }
            }
        }
    }

    private static void OldReaders()
    {
        var table = new ReaderWriterLock();
        object row = new();
        table.AcquireWriterLock(Timeout.Infinite);
        table.AcquireReaderLock(Timeout.Infinite);
        lock (row)
        {
        }

        table.ReleaseReaderLock();
        table.ReleaseWriterLock();
        lock (row)
        {
            table.AcquireReaderLock(1000); // gives up
            table.ReleaseReaderLock();
        }
    }

    private static void Queues()
    {
        var queue = new BlockingCollection<int>();
        var ready = new SemaphoreSlim(0);
        object gate = new();
        var consumer = new Thread(() =>
        {
            foreach (int _ in queue.GetConsumingEnumerable())
            {
                lock (gate)
                {
                }
            }

            ready.Release(); // needs nothing
        });
        consumer.Start();
        lock (gate)
        {
            queue.Add(1);
            queue.CompleteAdding();
        }

        lock (s_made)
        {
            ready.Wait();
        }

        consumer.Join();
    }
}

// Its lock is made with the value, so that nobody can hold it before the value is there.
internal sealed class Alone
{
    private static readonly Lazy<Alone> s_instance = new(static () => new Alone());
    private readonly object _gate = new();

    private Alone()
    {
        lock (_gate)
        {
        }
    }

    public static Alone Instance => s_instance.Value;

    public void Use()
    {
        lock (_gate)
        {
            _ = Instance;
        }
    }
}
