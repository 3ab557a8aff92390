// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>The wait for a tracked lock. Await it once, and where the lock is to be held: the lock belongs to the method that awaits.</summary>
/// <typeparam name="TResult">What the await gives.</typeparam>
/// <remarks>
/// A value that is its own awaiter; not thread safe. <c>GetAwaiter().GetResult()</c> blocks until the wait is over. What is not awaited is waited for
/// all the same, as with a task, and the lock is then nobody's.
/// </remarks>
[DebuggerDisplay("completed: {IsCompleted}")]
public readonly struct LockAwaitable<TResult> : ICriticalNotifyCompletion
{
    private readonly IAwaitedLock<TResult> _lock;
    private readonly AwaitedLock? _awaited; // null while the switch is off
    private readonly LockFlow? _flow;
    private readonly Task<bool> _wait;
    private readonly PendingHold _pending;
    private readonly bool _goesAnywhere;

    internal LockAwaitable(
        IAwaitedLock<TResult> @lock, AwaitedLock? awaited, LockFlow? flow, Task<bool> wait, in PendingHold pending, bool goesAnywhere = false)
    {
        _lock = @lock;
        _awaited = awaited;
        _flow = flow;
        _wait = wait;
        _pending = pending;
        _goesAnywhere = goesAnywhere;
    }

    /// <summary>Whether the await would go on at once. The compiler asks where the await stands: a lock of the thread that is held there is reported.</summary>
    /// <exception cref="LockViolationException">A <see cref="ThrowingSink"/> is installed and this thread holds a lock of its own; the lock is not taken.</exception>
    public bool IsCompleted
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (LockValidatorSwitch.IsEnabled && _awaited is not null)
            {
                NoteAwait();
            }

            return _wait.IsCompleted;
        }
    }

    /// <summary>For the compiler.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LockAwaitable<TResult> GetAwaiter() => this;

    /// <summary>Says where the code after the await runs.</summary>
    /// <param name="continueOnCapturedContext">False for any thread; true, as without this call, for the context of the await.</param>
    public LockAwaitable<TResult> ConfigureAwait(bool continueOnCapturedContext) => new(_lock, _awaited, _flow, _wait, _pending, !continueOnCapturedContext);

    /// <inheritdoc/>
    public void OnCompleted(Action continuation) => _wait.ConfigureAwait(!_goesAnywhere).GetAwaiter().OnCompleted(continuation);

    /// <inheritdoc/>
    public void UnsafeOnCompleted(Action continuation) => _wait.ConfigureAwait(!_goesAnywhere).GetAwaiter().UnsafeOnCompleted(continuation);

    /// <summary>For the compiler: ends the wait, and says that the flow holds the lock.</summary>
    /// <exception cref="OperationCanceledException">The wait was canceled; nothing is held.</exception>
    /// <exception cref="LockViolationException">A <see cref="ThrowingSink"/> is installed and there is a violation; the lock was given back.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TResult GetResult()
    {
        bool isTaken = _wait.GetAwaiter().GetResult();
        return LockValidatorSwitch.IsEnabled ? HoldAndComplete(isTaken) : _lock.Complete(isTaken, null, null, _pending.Shape.Mode);
    }

    private TResult HoldAndComplete(bool isTaken)
    {
        FlowNode? node = null;
        if (isTaken && _awaited is not null)
        {
            try
            {
                node = _awaited.Hold(_flow, _pending);
            }
            catch
            {
                _lock.GiveBack(_pending.Shape.Mode);
                throw;
            }
        }

        return _lock.Complete(isTaken, node, _flow, _pending.Shape.Mode);
    }

    private void NoteAwait()
    {
        try
        {
            _awaited!.Validator.NoteAwait(_pending.File, _pending.Line);
        }
        catch
        {
            // The wait has begun; whatever comes of it, the caller does not.
            var back = new Return(_lock, _wait, _pending.Shape.Mode);
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
