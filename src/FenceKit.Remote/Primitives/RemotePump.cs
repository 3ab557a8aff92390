// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep;

namespace FenceKit.Remote;

/// <summary>
/// Runs the work of one party on the thread pool: when woken, and at the times that the work itself requests. Never twice at the same time.
/// </summary>
internal sealed class RemotePump : IThreadPoolWorkItem, IDisposable
{
    private const int Idle = 0;
    private const int Running = 1; // or queued
    private const int WokenMeanwhile = 2;

    private readonly Func<TimeSpan> _work;
    private readonly ITimer? _timer;
    private int _state;
    private bool _isDisposed; // volatile: the disposing thread and the pump are different threads

    /// <param name="work">The work. It returns the time until it is due again; infinite for "until woken".</param>
    /// <param name="clock">The clock that measures that time.</param>
    /// <param name="isStepped">True when a simulation calls the work, so that nothing runs by itself.</param>
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

    /// <summary>Requests that the work runs.</summary>
    /// <remarks>
    /// Never waits. Pairs with the exchange at the end of <see cref="Execute"/>: either that exchange sees the mark, or the work is queued
    /// again.
    /// </remarks>
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

    /// <summary>
    /// Queues the work without validation: the thread pool may add a worker or enlarge its queue inside a schedule, which is not the
    /// subscriber's fault.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // refers to a type of the validator, whose assembly need not be loaded otherwise
    private void QueueUnseen()
    {
        using LockSectionScope pool = LockValidator.Default.Suppress("the thread pool may add a worker");
        UninterruptedWork.Queue(this);
    }

    public void Execute()
    {
        do
        {
            // A full fence: writes before a Wake that is merged into this run are seen by the work that follows.
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

    /// <summary>After this call no run begins.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _isDisposed, true);
        if (_timer is not null)
        {
            UninterruptedWork.Run(_timer, static timer => timer.Dispose());
        }
    }
}
