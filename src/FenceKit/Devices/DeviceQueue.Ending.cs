// SPDX-License-Identifier: MIT
namespace FenceKit;

// Reset, drain and disposal.
public sealed partial class DeviceQueue<TCommand>
{
    /// <summary>Resets the device: running commands fault with <see cref="DeviceResetException"/>, waiting commands start afterwards.</summary>
    /// <returns>False when the device is lost or the queue disposed.</returns>
    /// <remarks>
    /// Returns at once; the queue calls <see cref="DeviceDriver{TCommand}.TryReset"/> later. If the driver cannot reset, the device is lost.
    /// </remarks>
    public bool TryReset() => RequestReset(DeviceResetException.OnDemand(Name));

    /// <summary>Waits, without blocking a thread, until every command that was submitted before this call has ended. The queue goes on.</summary>
    /// <param name="timeout">The longest time to wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task whose result is false when the time ran out.</returns>
    /// <remarks>The result does not tell how the commands ended; their fences do. Allocates nothing in steady state.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> DrainAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceStatus status = await LastSubmitted.WaitAsync(timeout, cancellationToken).ConfigureAwait(FenceContinuation.ThreadPool);
        return status != FenceStatus.Pending;
    }

    /// <summary>
    /// Ends the queue: it accepts no more commands, lets those that were accepted finish, closes the driver and unsubscribes. If they have
    /// not finished within <see cref="DeviceQueueOptions.DrainTimeout"/>, the device is declared lost, as by <see cref="Lose"/>. A second
    /// call waits for the first.
    /// </summary>
    /// <returns>A task that completes when the queue has ended.</returns>
    /// <remarks>
    /// Completes in finite time, whatever the driver does. Memory that a lost device may still touch stays in quarantine afterwards, until
    /// <see cref="ReportStopped"/> is called.
    /// </remarks>
    public async ValueTask DisposeAsync()
    {
        _lock.Enter();
        _closing = true;
        _lock.Exit();
        MakeRoom(); // there is none, but this wakes the submitters that wait for room: their next try returns Closed
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
            FaultEverything(hasStopped: false); // the call into the driver has not returned
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

    /// <summary>Closes the driver. Called only by the pump, when no command is running, unless the device was lost before.</summary>
    private void Close()
    {
        bool wasLost = LostReason is not null;
        _driver.Close();
        if (!wasLost && LostReason is not null)
        {
            FaultEverything(hasStopped: true); // the watchdog declared the device lost because Close took too long; now the driver has released everything after all
        }

        _closed.TrySetResult();
    }

    private bool RequestReset(Exception reason)
    {
        bool mustPump;
        using (_lock.EnterScope())
        {
            if (_lostReason is not null || _closeCalled)
            {
                return false;
            }

            _mustReset ??= reason;
            mustPump = TryBeginPumpLocked();
        }

        DispatchPumpIf(mustPump);

        return true;
    }

    /// <summary>Resets the device. Called only by the pump.</summary>
    private void Reset()
    {
        bool done;
        using (BeginSignaling(_timeline))
        {
            done = _driver.TryReset();
        }

        Exception reason;
        bool isLost;
        using (_lock.EnterScope())
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
                        _ended.Enqueue(slot);
                    }
                }
            }
        }

        if (done && isLost)
        {
            FaultEverything(hasStopped: true); // the device was declared lost while TryReset was running
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
