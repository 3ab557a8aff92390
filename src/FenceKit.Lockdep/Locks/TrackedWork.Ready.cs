// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

// Ready-made wrappers for work of the base class library: registrations, threads and timers.
public sealed partial class TrackedWork
{
    /// <summary>Like <see cref="CancellationToken.Register(Action)"/>; the callback is the work.</summary>
    /// <param name="callback">The callback.</param>
    /// <param name="cancellationToken">The token.</param>
    /// <returns>The registration; pass it to <see cref="Dispose(CancellationTokenRegistration, string, int)"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    public CancellationTokenRegistration Register(Action callback, CancellationToken cancellationToken) => cancellationToken.Register(Wrap(callback));

    /// <summary>Like <see cref="CancellationTokenRegistration.Dispose"/>, which waits for a callback that runs on another thread.</summary>
    /// <param name="registration">The registration.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; nothing is disposed then.
    /// </exception>
    public void Dispose(CancellationTokenRegistration registration, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        Wait(file, line);
        registration.Dispose();
    }

    /// <summary>Creates a thread whose body is the work. It is not started yet.</summary>
    /// <param name="body">The body.</param>
    /// <returns>The thread; pass it to <see cref="Join(Thread, string, int)"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="body"/> is null.</exception>
    public Thread CreateThread(ThreadStart body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return new Thread(Wrap(body.Invoke).Invoke);
    }

    /// <summary>Like <see cref="Thread.Join()"/>.</summary>
    /// <param name="thread">The thread.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="thread"/> is null.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the call has not waited then.
    /// </exception>
    public void Join(Thread thread, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(thread);
        Wait(file, line);
        thread.Join();
    }

    /// <summary>Creates a timer whose callback is the work.</summary>
    /// <param name="callback">The callback.</param>
    /// <param name="dueTime">The time before the first call.</param>
    /// <param name="period">The time between calls; <see cref="Timeout.InfiniteTimeSpan"/> for a single call.</param>
    /// <returns>The timer; pass it to <see cref="Dispose(Timer, string, int)"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative, or too long.</exception>
    public Timer CreateTimer(Action callback, TimeSpan dueTime, TimeSpan period)
    {
        Action work = Wrap(callback);
        return new Timer(static state => ((Action)state!)(), work, dueTime, period);
    }

    /// <summary>Stops a timer and blocks until no callback runs any more.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>
    /// Must not be called from the callback itself, which would wait for itself. There, <see cref="Timer.Dispose()"/> stops the timer.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="timer"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is the callback of the timer.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; nothing is disposed then.
    /// </exception>
    public void Dispose(Timer timer, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(timer);
        if (LockValidatorSwitch.IsEnabled && _validator!.IsHeld(Map!))
        {
            throw new InvalidOperationException("A callback of the timer would wait for its own end. Call Timer.Dispose() there.");
        }

        Wait(file, line);
        using ManualResetEvent over = new(false);
        if (timer.Dispose(over))
        {
            over.WaitOne();
        }
    }

    /// <summary>Stops a timer without blocking.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>A task that ends when no callback runs any more.</returns>
    /// <remarks>Does not block.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="timer"/> is null.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; nothing is disposed then.
    /// </exception>
    public ValueTask DisposeAsync(Timer timer, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(timer);
        Await(Task.CompletedTask, file, line);
        return timer.DisposeAsync();
    }
}
