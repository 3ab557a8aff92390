// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace FenceKit.Contract.Tests;

/// <summary>A second thread that does one thing after the other while this one waits.</summary>
internal sealed class OtherThread : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

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

    internal void Run(Action action)
    {
        using ManualResetEventSlim done = new();
        ExceptionDispatchInfo? failure = null;
        _work.Add(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            done.Set();
        });
        Assert.True(done.Wait(s_patience), "The other thread hangs.");
        failure?.Throw();
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        Assert.True(_thread.Join(s_patience), "The other thread hangs.");
        _work.Dispose();
    }
}
