// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// Work whose end others wait for: a callback that is unregistered, the body of a thread that is joined, a timer that is disposed, whatever completes a
/// <see cref="TaskCompletionSource"/>. What it takes on its way must not be held by the thread that waits for its end.
/// </summary>
/// <remarks>Thread safe. Make one beside each registration, thread, timer or source, and go through it. Off, each member is the bare call.</remarks>
[DebuggerDisplay("{Map}")]
public sealed partial class TrackedWork
{
    private readonly LockValidator? _validator; // null while the switch is off

    /// <summary>Names a piece of work.</summary>
    /// <param name="lockClass">Its class: all work that does the same.</param>
    /// <param name="name">The name of this one in reports, or null for a number.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public TrackedWork(LockClass lockClass, string? name = null, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        if (LockValidatorSwitch.IsEnabled)
        {
            Map = new LockMap(lockClass, name);
            _validator = validator ?? LockValidator.Default;
        }
    }

    /// <summary>The work as the validator sees it; null while the switch is off.</summary>
    public LockMap? Map { get; }

    /// <summary>Says that this thread does the work until the scope ends. May be nested.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>To be disposed on this thread.</returns>
    /// <remarks>Does not block; allocates only when something new is seen.</remarks>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public LockSectionScope Enter([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockValidatorSwitch.IsEnabled && !_validator!.IsHeld(Map!) ? _validator.EnterWork(Map!, file, line) : default;

    /// <summary>The same for a delegate.</summary>
    /// <param name="body">The work.</param>
    /// <returns>What does the work and says so.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="body"/> is null.</exception>
    public Action Wrap(Action body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return !LockValidatorSwitch.IsEnabled ? body : () =>
        {
            using (Enter(null, 0))
            {
                body();
            }
        };
    }

    /// <summary>The same for asynchronous work, on whichever threads it goes on.</summary>
    /// <inheritdoc cref="Wrap(Action)"/>
    public Func<Task> Wrap(Func<Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return !LockValidatorSwitch.IsEnabled ? body : async () =>
        {
            using LockHold hold = _validator!.Hold(Map!, new LockAcquireOptions { Mode = LockAcquireMode.Shared, Attempt = LockAttempt.Try }, null, 0);
            (hold.Holder as FlowNode)?.CoverAll();
            await body().ConfigureAwait(false);
        };
    }

    /// <summary>Says that this thread will block for the end of the work. From inside the work itself it says nothing: nobody waits for himself there.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>Does not block. Say it even when the wait turns out to be unnecessary: that is what makes the order known.</remarks>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Wait([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (LockValidatorSwitch.IsEnabled && !_validator!.IsHeld(Map!))
        {
            _validator.Wait(Map!, file, line);
        }
    }

    /// <summary>Blocks until a task has ended that the work completes.</summary>
    /// <param name="task">The task.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>Throws what the task threw, not wrapped.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="task"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; it has not waited then.</exception>
    public void Wait(Task task, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(task);
        Wait(file, line);
        task.GetAwaiter().GetResult();
    }

    /// <summary>Says that this flow awaits a task here that the work completes: <c>await _work.Await(source.Task)</c>.</summary>
    /// <param name="task">The task.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The same task.</returns>
    /// <remarks>Does not block.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="task"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public Task Await(Task task, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (LockValidatorSwitch.IsEnabled && !_validator!.IsHeld(Map!))
        {
            _validator.Await(Map!, file, line);
        }

        return task;
    }
}
