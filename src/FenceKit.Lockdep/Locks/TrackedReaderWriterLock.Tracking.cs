// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

public sealed partial class TrackedReaderWriterLock
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Enter(LockAcquireMode mode, TimeSpan timeout, string? file, int line)
        => LockValidatorSwitch.IsEnabled ? EnterTracked(mode, timeout, file, line) : EnterBare(mode, timeout);

    private void Enter(LockAcquireMode mode, in LockAcquireOptions options, string? file, int line)
    {
        if (options is not { Mode: LockAcquireMode.Exclusive, Attempt: LockAttempt.Blocking })
        {
            Misuse.ThrowNotPlain(nameof(options));
        }

        if (LockValidatorSwitch.IsEnabled)
        {
            EnterTracked(options with { Mode = mode }, Timeout.InfiniteTimeSpan, file, line);
        }
        else
        {
            EnterBare(mode, Timeout.InfiniteTimeSpan);
        }
    }

    private bool EnterTracked(LockAcquireMode mode, TimeSpan timeout, string? file, int line)
    {
        bool isTry = timeout == TimeSpan.Zero;
        LockAttempt attempt = isTry ? LockAttempt.Try : timeout == Timeout.InfiniteTimeSpan ? LockAttempt.Blocking : LockAttempt.Timed;
        var options = new LockAcquireOptions { Mode = mode, Attempt = attempt };
        return isTry ? EnterBare(mode, timeout) && Announced(options, mode, file, line) : EnterTracked(options, timeout, file, line);
    }

    private bool EnterTracked(in LockAcquireOptions options, TimeSpan timeout, string? file, int line)
    {
        LockAcquireMode mode = options.Mode;
        _validator!.Acquire(_map!, options, file, line);
        bool isTaken = false;
        try
        {
            isTaken = EnterBare(mode, timeout);
        }
        finally
        {
            if (!isTaken)
            {
                _validator.Release(_map!);
            }
        }

        return isTaken;
    }

    private bool EnterBare(LockAcquireMode mode, TimeSpan timeout) => mode switch
    {
        LockAcquireMode.Shared => _lock.TryEnterReadLock(timeout),
        LockAcquireMode.Exclusive => _lock.TryEnterWriteLock(timeout),
        _ => _lock.TryEnterUpgradeableReadLock(timeout),
    };

    private bool Announced(in LockAcquireOptions options, LockAcquireMode mode, string? file, int line)
    {
        try
        {
            _validator!.Acquire(_map!, options, file, line);
            return true;
        }
        catch
        {
            ExitBare(mode);
            throw;
        }
    }

    private void ExitBare(LockAcquireMode mode)
    {
        switch (mode)
        {
            case LockAcquireMode.Shared:
                _lock.ExitReadLock();
                break;
            case LockAcquireMode.Exclusive:
                _lock.ExitWriteLock();
                break;
            default:
                _lock.ExitUpgradeableReadLock();
                break;
        }
    }

    private void Left()
    {
        if (LockValidatorSwitch.IsEnabled)
        {
            _validator!.Release(_map!);
        }
    }
}
