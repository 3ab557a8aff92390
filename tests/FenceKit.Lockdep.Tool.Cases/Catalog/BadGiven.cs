// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace Catalog;

// Locks that are given to a method, kept for others, or held by what the framework does for the caller.
internal static class BadGiven
{
    public static void Run()
    {
        new Arguments().Run();
        new Guarded().Run();
        MadeOnce.Run();
        new MadeUnderLock().Run();
        new OwnLoop().Run();
        new Linked().Run();
        new GivenCallback().Run();
        new OldReaders().Run();
        new Queued().Run();
        new Permitless().Run();
    }

    public static void Locked(object gate, Action work)
    {
        lock (gate)
        {
            work();
        }
    }
}

// The method that locks does not know what it is given: the name is that of the place where it was made.
internal sealed class Arguments
{
    private readonly object _first = new();
    private readonly object _second = new();

    public void Run()
    {
        BadGiven.Locked(_first, () => BadGiven.Locked(_second, static () => { }));
        BadGiven.Locked(_second, () => BadGiven.Locked(_first, static () => { }));
    }
}

internal readonly struct Guard : IDisposable
{
    private readonly object _gate;

    public Guard(object gate)
    {
        _gate = gate;
        Monitor.Enter(gate);
    }

    public void Dispose() => Monitor.Exit(_gate);
}

internal sealed class Guarded
{
    private readonly object _north = new();
    private readonly object _south = new();

    public void Run()
    {
        using (new Guard(_north))
        {
            using (new Guard(_south))
            {
            }
        }

        using (new Guard(_south))
        {
            using (new Guard(_north))
            {
            }
        }
    }
}

// The value is there when the lock is held; on another run it may not be.
internal static class MadeOnce
{
    private static readonly object s_settings = new();
    private static readonly Lazy<int> s_value = new(static () =>
    {
        lock (s_settings)
        {
            return 1;
        }
    });

    public static void Run()
    {
        _ = s_value.Value;
        lock (s_settings)
        {
            _ = s_value.Value;
        }
    }
}

internal sealed class MadeUnderLock
{
    private readonly object _gate = new();
    private object? _making = new();
    private object? _value;
    private bool _isMade;

    public void Run()
    {
        Value();
        _isMade = false;
        lock (_gate)
        {
            Value();
        }
    }

    private object? Value() => LazyInitializer.EnsureInitialized(ref _value, ref _isMade, ref _making, () =>
    {
        lock (_gate)
        {
            return new object();
        }
    });
}

// One at a time, so that it is the caller who does the work and is let in.
internal sealed class OwnLoop
{
    private readonly object _gate = new();

    public void Run()
    {
        lock (_gate)
        {
            Parallel.For(0, 2, new ParallelOptions { MaxDegreeOfParallelism = 1 }, _ =>
            {
                lock (_gate)
                {
                }
            });
        }
    }
}

internal sealed class Linked
{
    private readonly object _gate = new();

    public void Run()
    {
        using (var first = new CancellationTokenSource())
        {
            var stopping = CancellationTokenSource.CreateLinkedTokenSource(first.Token);
            stopping.Token.Register(() =>
            {
                lock (_gate)
                {
                }
            });
            first.Cancel();
            lock (_gate)
            {
                stopping.Dispose();
            }
        }
    }
}

// Who registers it is given it, and the name says what it is all the same.
internal sealed class GivenCallback
{
    private readonly object _gate = new();

    public void Run()
    {
        using var source = new CancellationTokenSource();
        CancellationTokenRegistration registration = Register(source.Token, OnStopped);
        source.Cancel();
        lock (_gate)
        {
            registration.Dispose();
        }
    }

    private static CancellationTokenRegistration Register(CancellationToken token, Action callback) => token.Register(callback);

    private void OnStopped()
    {
        lock (_gate)
        {
        }
    }
}

internal sealed class OldReaders
{
    private readonly ReaderWriterLock _table = new();
    private readonly object _row = new();

    public void Run()
    {
        _table.AcquireWriterLock(Timeout.Infinite);
        lock (_row)
        {
        }

        _table.ReleaseWriterLock();
        lock (_row)
        {
            _table.AcquireReaderLock(Timeout.InfiniteTimeSpan);
            _table.ReleaseReaderLock();
        }
    }
}

internal sealed class Queued
{
    private readonly BlockingCollection<int> _queue = [];
    private readonly object _gate = new();

    public void Run()
    {
        lock (_gate)
        {
            _queue.Add(1);
        }

        lock (_gate)
        {
            _queue.Take();
        }
    }
}

internal sealed class Permitless
{
    private readonly SemaphoreSlim _ready = new(0);
    private readonly object _gate = new();

    public void Run()
    {
        lock (_gate)
        {
            _ready.Release();
        }

        lock (_gate)
        {
            _ready.Wait();
        }
    }
}
