// SPDX-License-Identifier: MIT
using System.Diagnostics;

// What taking and releasing locks costs; run it bare, rewritten, and rewritten but switched off. One line a figure: name, nanoseconds, bytes.
// With "quick" only the bytes mean something. With "serve" and a name it does that as many times as each line of its input says, and answers with the bytes:
// the benchmarks ask a bare one and a rewritten one in turns. With "nothing" it ends at once, and with "start" and a command it starts that and waits for its end.
switch (args)
{
    case ["nothing"]:
        return 0;
    case ["start", var host, .. var command]:
        using (Process started = Process.Start(host, command))
        {
            started.WaitForExit();
            return started.ExitCode;
        }
}

bool isQuick = args is ["quick"];
int count = isQuick ? 1_000 : 200_000;
int rounds = isQuick ? 2 : 25;
object[] gates = [new(), new(), new(), new(), new(), new(), new(), new()];
var single = new Holder();
(string Name, Action Action)[] all = [("monitor", single.Pair), ("lock", single.Scope), ("nested8", () => Nested(gates, 0)), ("lazy", single.Asked), ("semaphore", single.Permit)];
if (args is ["serve", var served])
{
    Serve(Array.Find(all, one => one.Name == served).Action);
    return 0;
}

foreach ((string name, Action action) in all)
{
    Measure(name, action);
}

return 0;

static void Serve(Action action)
{
    while (Console.ReadLine() is { } line)
    {
        int times = int.Parse(line, System.Globalization.CultureInfo.InvariantCulture);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < times; i++)
        {
            action();
        }

        Console.WriteLine(GC.GetAllocatedBytesForCurrentThread() - before);
    }
}

static void Nested(object[] gates, int index)
{
    if (index < gates.Length)
    {
        lock (gates[index])
        {
            Nested(gates, index + 1);
        }
    }
}

void Measure(string name, Action action)
{
    double best = double.MaxValue;
    for (int i = 0; i < (isQuick ? 3 : 30); i++)
    {
        for (int j = 0; j < 2_000; j++)
        {
            action();
        }

        Thread.Sleep(10); // the compiler works beside
    }

    long before = GC.GetAllocatedBytesForCurrentThread();
    for (int round = 0; round < rounds; round++)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            action();
        }

        best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / count);
    }

    double bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / ((double)rounds * count);
    Console.WriteLine(FormattableString.Invariant($"{name} {best:F1} {bytes:F2}"));
}

internal sealed class Holder
{
    private readonly object _gate = new();
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _permit = new(1, 1);
    private readonly Lazy<Lock> _made; // its making takes a lock, so to ask for it with another one held says something
    private int _count;

    public Holder() => _made = new Lazy<Lock>(() =>
    {
        lock (_lock)
        {
            return new Lock();
        }
    });

    public void Asked()
    {
        lock (_gate)
        {
            _count += _made.Value.IsHeldByCurrentThread ? 1 : 0;
        }
    }

    public void Pair()
    {
        lock (_gate)
        {
            _count++;
        }
    }

    public void Scope()
    {
        lock (_lock)
        {
            _count++;
        }
    }

    public void Permit()
    {
        _permit.Wait();
        _count++;
        _permit.Release();
    }
}
