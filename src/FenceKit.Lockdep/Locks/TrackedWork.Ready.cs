// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

// For what has a body and an end in the base class library.
public sealed partial class TrackedWork
{
    /// <summary>As <see cref="CancellationToken.Register(Action)"/>; the callback is the work.</summary>
    /// <param name="callback">The callback.</param>
    /// <param name="cancellationToken">The token.</param>
    /// <returns>Give it to <see cref="Dispose(CancellationTokenRegistration, string, int)"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="callback"/> is null.</exception>
    public CancellationTokenRegistration Register(Action callback, CancellationToken cancellationToken) => cancellationToken.Register(Wrap(callback));

    /// <summary>As <see cref="CancellationTokenRegistration.Dispose"/>, which waits for a callback that runs on another thread.</summary>
    /// <param name="registration">The registration.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; it is not disposed then.</exception>
    public void Dispose(CancellationTokenRegistration registration, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        Wait(file, line);
        registration.Dispose();
    }

    /// <summary>Makes a thread whose body is the work. It is not started yet.</summary>
    /// <param name="body">The body.</param>
    /// <returns>Give it to <see cref="Join(Thread, string, int)"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="body"/> is null.</exception>
    public Thread CreateThread(ThreadStart body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return new Thread(Wrap(body.Invoke).Invoke);
    }

    /// <summary>As <see cref="Thread.Join()"/>.</summary>
    /// <param name="thread">The thread.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="thread"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; it has not waited then.</exception>
    public void Join(Thread thread, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(thread);
        Wait(file, line);
        thread.Join();
    }

    /// <summary>Makes a timer whose callback is the work.</summary>
    /// <param name="callback">The callback.</param>
    /// <param name="dueTime">When it is called first.</param>
    /// <param name="period">How often after that; <see cref="Timeout.InfiniteTimeSpan"/> for once.</param>
    /// <returns>Give it to <see cref="Dispose(Timer, string, int)"/>.</returns>
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
    /// <remarks>Never from the callback itself: it would wait for itself. <see cref="Timer.Dispose()"/> stops the timer there.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="timer"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is the callback of the timer.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; it is not disposed then.</exception>
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

    /// <summary>Stops a timer; the task ends when no callback runs any more.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>To be awaited.</returns>
    /// <remarks>Does not block.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="timer"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; it is not disposed then.</exception>
    public ValueTask DisposeAsync(Timer timer, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(timer);
        Await(Task.CompletedTask, file, line);
        return timer.DisposeAsync();
    }
}
