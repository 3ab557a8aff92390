// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

public sealed partial class TrackedReaderWriterLock
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Enter(LockAcquireMode mode, TimeSpan timeout, string? file, int line)
        => LockValidatorSwitch.IsEnabled ? EnterTracked(mode, timeout, file, line) : EnterBare(mode, timeout);

    private bool EnterTracked(LockAcquireMode mode, TimeSpan timeout, string? file, int line)
    {
        bool isTry = timeout == TimeSpan.Zero;
        LockAttempt attempt = isTry ? LockAttempt.Try : timeout == Timeout.InfiniteTimeSpan ? LockAttempt.Blocking : LockAttempt.Timed;
        var options = new LockAcquireOptions { Mode = mode, Attempt = attempt };
        if (isTry)
        {
            return EnterBare(mode, timeout) && Announced(options, mode, file, line);
        }

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
