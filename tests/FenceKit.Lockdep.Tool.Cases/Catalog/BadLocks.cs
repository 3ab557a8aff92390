// SPDX-License-Identifier: MIT
namespace Catalog;

internal static class BadLocks
{
    public static void Run()
    {
        new Modern().Run();
        new Readers().Run();
        new Permits().Run();
        new Deferred().Run();
        Named.Run();
    }
}

internal sealed class Modern
{
    private readonly Lock _one = new();
    private readonly Lock _two = new();

    public void Run()
    {
        lock (_one)
        {
            using (_two.EnterScope())
            {
            }
        }

        _two.Enter();
        lock (_one)
        {
        }

        _two.Exit();
    }
}

internal sealed class Readers
{
    private readonly ReaderWriterLockSlim _table = new();
    private readonly object _row = new();

    public void Run()
    {
        _table.EnterReadLock();
        lock (_row)
        {
        }

        _table.ExitReadLock();
        lock (_row)
        {
            _table.EnterWriteLock();
            _table.ExitWriteLock();
        }
    }
}

internal sealed class Permits
{
    private readonly SemaphoreSlim _door = new(1);
    private readonly object _room = new();

    public void Run()
    {
        _door.Wait();
        lock (_room)
        {
        }

        _door.Release();
        lock (_room)
        {
            _door.Wait();
            _door.Release();
        }
    }
}

internal sealed class Deferred
{
    private readonly object _table = new();
    private Lazy<int> _value;

    public Deferred() => _value = Make();

    public void Run()
    {
        _ = _value.Value;
        lock (_table)
        {
            _value = Make();
            _ = _value.Value;
        }
    }

    private Lazy<int> Make() => new(() =>
    {
        lock (_table)
        {
            return 1;
        }
    });
}

internal static class Named
{
    private static readonly object s_gate = new();

    public static void Run()
    {
        string name = $"lockdep-catalog-{Environment.ProcessId}";
        using var first = new Mutex(false, name);
        using var second = new Mutex(false, name);
        first.WaitOne();
        lock (s_gate)
        {
        }

        first.ReleaseMutex();
        lock (s_gate)
        {
            second.WaitOne();
            second.ReleaseMutex();
        }
    }
}
