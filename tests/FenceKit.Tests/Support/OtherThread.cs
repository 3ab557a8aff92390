// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace FenceKit.Tests;

/// <summary>A second thread that does one thing after the other while this one waits.</summary>
internal sealed class OtherThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    internal OtherThread()
    {
        _thread = new Thread(() =>
        {
            foreach (Action action in _work.GetConsumingEnumerable())
            {
                action();
            }
        })
        { IsBackground = true, Name = "other" };
        _thread.Start();
    }

    internal void Run(Action action) => Run<object?>(() =>
    {
        action();
        return null;
    });

    internal TResult Run<TResult>(Func<TResult> function)
    {
        using ManualResetEventSlim done = new();
        ExceptionDispatchInfo? failure = null;
        TResult result = default!;
        _work.Add(() =>
        {
            try
            {
                result = function();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            done.Set();
        });
        Assert.True(done.Wait(Limit.Time), "The other thread hangs.");
        failure?.Throw();
        return result;
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        Assert.True(_thread.Join(Limit.Time), "The other thread hangs.");
        _work.Dispose();
    }
}
