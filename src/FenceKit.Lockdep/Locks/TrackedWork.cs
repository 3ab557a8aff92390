// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// Work whose end other code waits for: a callback that is unregistered, the body of a thread that is joined, a timer that is disposed, the
/// code that completes a <see cref="TaskCompletionSource"/>. A thread that waits for the end must not hold locks that the work acquires.
/// </summary>
/// <remarks>
/// Thread safe. Create one beside each registration, thread, timer or source, and call its members instead. While the validator is
/// disabled, each member is the bare call.
/// </remarks>
[DebuggerDisplay("{Map}")]
public sealed partial class TrackedWork
{
    private readonly LockValidator? _validator; // null while the validator is disabled

    /// <summary>Creates an object for one piece of work.</summary>
    /// <param name="lockClass">The class of the work: all work that does the same.</param>
    /// <param name="name">The name of this instance in reports, or null for a number.</param>
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

    /// <summary>The map of the work; null while the validator is disabled.</summary>
    public LockMap? Map { get; }

    /// <summary>Announces that this thread does the work until the scope ends. May be nested.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>A scope, which must be disposed on this thread.</returns>
    /// <remarks>Does not block; allocates only when something new is seen.</remarks>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public LockSectionScope Enter([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockValidatorSwitch.IsEnabled && !_validator!.IsHeld(Map!) ? _validator.EnterWork(Map!, file, line) : default;

    /// <summary>Wraps a delegate that does the work.</summary>
    /// <param name="body">The work.</param>
    /// <returns>A delegate that announces the work and does it.</returns>
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

    /// <summary>Wraps asynchronous work, whatever threads it runs on.</summary>
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

    /// <summary>
    /// Announces that this thread will block for the end of the work. Has no effect inside the work itself, which never waits for itself.
    /// </summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>Does not block. Call it even when the wait turns out to be unnecessary: that makes the order known.</remarks>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Wait([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (LockValidatorSwitch.IsEnabled && !_validator!.IsHeld(Map!))
        {
            _validator.Wait(Map!, file, line);
        }
    }

    /// <summary>Blocks until a task has ended that is completed by the work.</summary>
    /// <param name="task">The task.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <remarks>Throws the task's exception, not wrapped.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="task"/> is null.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the call has not waited then.
    /// </exception>
    public void Wait(Task task, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(task);
        Wait(file, line);
        task.GetAwaiter().GetResult();
    }

    /// <summary>Announces that this flow awaits a task here that is completed by the work: <c>await _work.Await(source.Task)</c>.</summary>
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
