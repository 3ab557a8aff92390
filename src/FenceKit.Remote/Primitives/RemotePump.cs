// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep;

namespace FenceKit.Remote;

/// <summary>Runs one party's work on the thread pool: when woken, and when the time has come that the work itself names. Never twice at once.</summary>
internal sealed class RemotePump : IThreadPoolWorkItem, IDisposable
{
    private const int Idle = 0;
    private const int Running = 1; // or queued
    private const int WokenMeanwhile = 2;

    private readonly Func<TimeSpan> _work;
    private readonly ITimer? _timer;
    private int _state;
    private bool _isDisposed; // read and written as volatile: who disposes and the pump are two threads

    /// <param name="work">Does what is to be done, and says how long nothing will be; infinite for "until woken".</param>
    /// <param name="clock">The clock of that time.</param>
    /// <param name="isStepped">Nothing runs by itself: a simulation calls the work.</param>
    internal RemotePump(Func<TimeSpan> work, TimeProvider clock, bool isStepped)
    {
        _work = work;
        if (isStepped)
        {
            _isDisposed = true;
            return;
        }

        using (ExecutionContext.SuppressFlow())
        {
            _timer = clock.CreateTimer(static state => ((RemotePump)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>There is something to do.</summary>
    /// <remarks>Never waits. Pairs with the exchange at the end of <see cref="Execute"/>: either that one sees the mark, or the work is queued anew.</remarks>
    internal void Wake()
    {
        if (!Volatile.Read(ref _isDisposed) && Interlocked.Exchange(ref _state, WokenMeanwhile) == Idle)
        {
            if (FenceContract.IsChecked)
            {
                QueueUnseen();
            }
            else
            {
                UninterruptedWork.Queue(this);
            }
        }
    }

    /// <summary>The thread pool may add a worker, or make its queue longer, inside a schedule: that is not the subscriber's doing.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // names a type of the validator, whose assembly need not be loaded otherwise
    private void QueueUnseen()
    {
        using LockSectionScope pool = LockValidator.Default.Suppress("the thread pool may add a worker");
        UninterruptedWork.Queue(this);
    }

    public void Execute()
    {
        do
        {
            // A full fence: what was written before a Wake that this swallows is seen by the work that follows.
            Interlocked.Exchange(ref _state, Running);
            if (Volatile.Read(ref _isDisposed))
            {
                return;
            }

            TimeSpan idle = _work();
            _timer!.SetTo(idle);
        }
        while (Interlocked.CompareExchange(ref _state, Idle, Running) != Running);
    }

    /// <summary>Nothing runs any more that has not begun.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _isDisposed, true);
        if (_timer is not null)
        {
            UninterruptedWork.Run(_timer, static timer => timer.Dispose());
        }
    }
}
