// SPDX-License-Identifier: MIT
namespace Catalog;

internal static class BadCallbacks
{
    public static void Run()
    {
        new Direct().Run();
        new Scoped().Run();
        new Boxed().Run();
        new Collected().Run();
        new Several().Run();
        new EndedByAnother().Run();
        new Ticking().Run();
    }
}

internal sealed class Direct
{
    private readonly object _gate = new();

    public void Run()
    {
        using var source = new CancellationTokenSource();
        CancellationTokenRegistration registration = source.Token.Register(OnCanceled);
        source.Cancel();
        lock (_gate)
        {
            registration.Dispose();
        }
    }

    private void OnCanceled()
    {
        lock (_gate)
        {
        }
    }
}

internal sealed class Scoped
{
    private readonly object _gate = new();

    public void Run()
    {
        // Two registrations: what one shows the other would do.
        using (var first = new CancellationTokenSource())
        using (first.Token.UnsafeRegister(static state => ((Scoped)state!).OnCanceled(state), this))
        {
            first.Cancel();
        }

        using var second = new CancellationTokenSource();
        lock (_gate)
        {
            using (Register(second.Token))
            {
            }
        }

        using var third = new CancellationTokenSource();
        using (Register(third.Token))
        {
            third.Cancel();
        }
    }

    private CancellationTokenRegistration Register(CancellationToken token) => token.Register(OnCanceled, this);

    private void OnCanceled(object? state)
    {
        lock (_gate)
        {
        }
    }
}

internal sealed class Boxed
{
    private readonly object _gate = new();

    public void Run()
    {
        using var source = new CancellationTokenSource();
        IDisposable registration = Register(source.Token);
        source.Cancel();
        lock (_gate)
        {
            registration.Dispose();
        }
    }

    private IDisposable Register(CancellationToken token) => token.Register(() =>
    {
        lock (_gate)
        {
        }
    });
}

internal sealed class Ticking
{
    private readonly object _gate = new();

    public void Run()
    {
        using var ticked = new ManualResetEventSlim();
        var timer = new Timer(_ =>
        {
            lock (_gate)
            {
                ticked.Set();
            }
        }, null, 0, Timeout.Infinite);
        ticked.Wait();
        using var ended = new ManualResetEvent(false);
        lock (_gate)
        {
            timer.Dispose(ended);
            ended.WaitOne();
        }
    }
}

// A registration that is kept in a collection of what can be disposed.
internal sealed class Collected
{
    private readonly object _gate = new();
    private readonly List<IDisposable> _all = [];

    public void Run()
    {
        using var source = new CancellationTokenSource();
        _all.Add(source.Token.Register(OnCanceled));
        source.Cancel();
        lock (_gate)
        {
            _all.ForEach(static one => one.Dispose());
        }
    }

    private void OnCanceled()
    {
        lock (_gate)
        {
        }
    }
}

internal sealed class Several
{
    private readonly object _gate = new();

    public void Run()
    {
        using var source = new CancellationTokenSource();
        IDisposable[] all = [source.Token.Register(OnCanceled), source];
        source.Cancel();
        lock (_gate)
        {
            Array.ForEach(all, static one => one.Dispose());
        }
    }

    private void OnCanceled()
    {
        lock (_gate)
        {
        }
    }
}

// A registration that is given to a class that ends it.
internal sealed class EndedByAnother
{
    private readonly object _gate = new();

    public void Run()
    {
        using var source = new CancellationTokenSource();
        var owner = new Owner(_gate, source.Token.Register(OnCanceled));
        source.Cancel();
        owner.End();
    }

    private void OnCanceled()
    {
        lock (_gate)
        {
        }
    }

    private sealed class Owner(object gate, IDisposable owned)
    {
        public void End()
        {
            lock (gate)
            {
                owned.Dispose();
            }
        }
    }
}
