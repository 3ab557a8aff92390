// SPDX-License-Identifier: MIT
namespace FenceKit;

// Resets, draining, and the end.
public sealed partial class DeviceQueue<TCommand>
{
    /// <summary>Resets the device: what runs faults with <see cref="DeviceResetException"/>, what waits goes on afterwards.</summary>
    /// <returns>False when the device is lost or the queue disposed.</returns>
    /// <remarks>Returns at once; the driver resets on the queue's own schedule. A driver that cannot reset loses the device.</remarks>
    public bool TryReset() => RequestReset(DeviceResetException.OnDemand(Name));

    /// <summary>Waits, without a thread, until everything that was submitted before is over. The queue goes on.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Something to await: false when the time ran out.</returns>
    /// <remarks>Does not say how the commands ended: their fences do. Allocates nothing in steady state.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> DrainAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceStatus status = await LastSubmitted.WaitAsync(timeout, cancellationToken).ConfigureAwait(FenceContinuation.ThreadPool);
        return status != FenceStatus.Pending;
    }

    /// <summary>
    /// Ends the queue: accepts nothing more, lets finish what was accepted, closes the driver and unsubscribes. What has not finished
    /// within <see cref="DeviceQueueOptions.DrainTimeout"/> is given up as by <see cref="Lose"/>. A second call waits for the first.
    /// </summary>
    /// <returns>To be awaited.</returns>
    /// <remarks>
    /// Ends in finite time, whatever the driver does. What a lost device may still touch stays in quarantine beyond it, until
    /// <see cref="ReportStopped"/>.
    /// </remarks>
    public async ValueTask DisposeAsync()
    {
        _lock.Enter();
        _closing = true;
        _lock.Exit();
        MakeRoom(); // for nobody: a submitter that waits for it is told that the queue ends
        Kick();
        if (!await DrainAsync(_options.DrainTimeout).ConfigureAwait(false))
        {
            Lose(new TimeoutException($"The queue '{Name}' was not empty within {_options.DrainTimeout}."));
        }

        try
        {
            await _closed.Task.WaitAsync(_options.DrainTimeout, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            TryGiveUp(exception, evenIfClosed: true);
            FaultEverything(hasStopped: false); // the driver does not return
        }

        if (LostReason is not { MayStillTouchMemory: true })
        {
            DetachAll();
        }

        _thread?.End();
        await _timer.DisposeAsync().ConfigureAwait(false);
        _timeline.Dispose();
        DisposeUnordered();
        _unmapsPending.Dispose();
        _room.Dispose();
    }

    /// <summary>Closes the driver. Only the pump calls it; nothing runs, unless the device was lost before.</summary>
    private void Close()
    {
        bool wasLost = LostReason is not null;
        _driver.Close();
        if (!wasLost && LostReason is not null)
        {
            FaultEverything(hasStopped: true); // the device was given up because this took so long, and now its mappings are gone too
        }

        _closed.TrySetResult();
    }

    private bool RequestReset(Exception reason)
    {
        bool mustPump;
        _lock.Enter();
        try
        {
            if (_lostReason is not null || _closeCalled)
            {
                return false;
            }

            _mustReset ??= reason;
            mustPump = TryBeginPumpLocked();
        }
        finally
        {
            _lock.Exit();
        }

        if (mustPump)
        {
            DispatchPump();
        }

        return true;
    }

    /// <summary>Resets the device. Only the pump calls it.</summary>
    private void Reset()
    {
        bool done;
        using (BeginSignaling(_timeline))
        {
            done = _driver.TryReset();
        }

        Exception reason;
        bool isLost;
        _lock.Enter();
        try
        {
            isLost = _lostReason is not null;
            reason = _mustReset!;
            _mustReset = null;
            _resets++;
            DeviceSlot<TCommand>? slot = done ? OldestLocked() : null;
            for (; slot is not null; slot = NextLocked(slot))
            {
                if (slot.Phase == DeviceSlotPhase.Running)
                {
                    slot.Phase = DeviceSlotPhase.Finished;
                    slot.Fault = reason;
                    if (_isUnordered)
                    {
                        AddEndedLocked(slot);
                    }
                }
            }
        }
        finally
        {
            _lock.Exit();
        }

        if (done && isLost)
        {
            FaultEverything(hasStopped: true); // the device was given up before the driver reported that it had stopped
        }
        else if (done)
        {
            Retire();
        }
        else
        {
            Lose(reason);
        }
    }
}
