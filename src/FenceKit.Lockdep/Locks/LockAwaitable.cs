// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>The wait for a tracked lock. Await it once, in the method that is to hold the lock.</summary>
/// <typeparam name="TResult">The type of the result.</typeparam>
/// <remarks>
/// A value type that is its own awaiter; not thread safe. <c>GetAwaiter().GetResult()</c> blocks until the wait is over. The wait proceeds
/// even if it is never awaited, as with a task; the lock then has no known holder.
/// </remarks>
[DebuggerDisplay("completed: {IsCompleted}")]
public readonly struct LockAwaitable<TResult> : ICriticalNotifyCompletion
{
    // Has few fields, because the compiler copies an awaiter to the state machine and back.
    private readonly IAwaitedLock<TResult> _lock;
    private readonly Task<bool> _wait;
    private readonly PendingWait? _pending; // null for exclusive while the validator is disabled
    private readonly bool _goesAnywhere;

    internal LockAwaitable(IAwaitedLock<TResult> @lock, Task<bool> wait, PendingWait? pending, bool goesAnywhere = false)
    {
        _lock = @lock;
        _wait = wait;
        _pending = pending;
        _goesAnywhere = goesAnywhere;
    }

    /// <summary>
    /// Whether the await completes synchronously. The compiler calls this at the await; a thread-bound lock that is held there is reported.
    /// </summary>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and this thread holds a thread-bound lock; the awaited lock is not acquired.
    /// </exception>
    public bool IsCompleted
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (LockValidatorSwitch.IsEnabled && _pending is { Awaited: { } awaited } && awaited.Validator.MayLoseAtAwait)
            {
                NoteAwait();
            }

            return _wait.IsCompleted;
        }
    }

    /// <summary>Used by the compiler.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LockAwaitable<TResult> GetAwaiter() => this;

    /// <summary>Configures where the code after the await runs.</summary>
    /// <param name="continueOnCapturedContext">False for any thread; true, the default, for the captured context.</param>
    public LockAwaitable<TResult> ConfigureAwait(bool continueOnCapturedContext) => new(_lock, _wait, _pending, !continueOnCapturedContext);

    /// <inheritdoc/>
    public void OnCompleted(Action continuation)
    {
        NoteContinuation();
        _wait.ConfigureAwait(!_goesAnywhere).GetAwaiter().OnCompleted(continuation);
    }

    /// <inheritdoc/>
    public void UnsafeOnCompleted(Action continuation)
    {
        NoteContinuation();
        _wait.ConfigureAwait(!_goesAnywhere).GetAwaiter().UnsafeOnCompleted(continuation);
    }

    /// <summary>Used by the compiler: ends the wait, and records that the flow holds the lock.</summary>
    /// <exception cref="OperationCanceledException">The wait was canceled; nothing is held.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock was given back.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TResult GetResult()
    {
        bool isTaken = _wait.GetAwaiter().GetResult();
        return LockValidatorSwitch.IsEnabled ? HoldAndComplete(isTaken) : _lock.Complete(isTaken, null, null, Mode);
    }

    private LockAcquireMode Mode => _pending?.Hold.Shape.Mode ?? LockAcquireMode.Exclusive;

    private TResult HoldAndComplete(bool isTaken)
    {
        FlowNode? node = null;
        if (isTaken && _pending is { Awaited: { } awaited } pending)
        {
            try
            {
                node = awaited.Hold(pending);
            }
            catch
            {
                _lock.GiveBack(Mode);
                throw;
            }
        }

        return _lock.Complete(isTaken, node, _pending?.Flow, Mode);
    }

    private void NoteContinuation()
    {
        if (LockValidatorSwitch.IsEnabled && !_goesAnywhere && _pending is { Awaited: { } awaited } pending)
        {
            awaited.Validator.NoteContinuation(pending.Hold.File, pending.Hold.Line);
        }
    }

    private void NoteAwait()
    {
        try
        {
            _pending!.Awaited!.Validator.NoteAwait(_pending.Hold.File, _pending.Hold.Line);
        }
        catch
        {
            // The wait has begun, but the caller will not complete it.
            var back = new Return(_lock, _wait, Mode);
            if (_wait.IsCompleted)
            {
                back.Run();
            }
            else
            {
                _wait.GetAwaiter().UnsafeOnCompleted(back.Run);
            }

            throw;
        }
    }

    private sealed class Return(IAwaitedLock<TResult> given, Task<bool> wait, LockAcquireMode mode)
    {
        public void Run()
        {
            if (wait.IsCompletedSuccessfully && wait.Result)
            {
                given.GiveBack(mode);
            }
        }
    }
}
