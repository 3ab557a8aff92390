// SPDX-License-Identifier: MIT
namespace FenceKit;

// Resets, losing the device, draining, and the end.
public sealed partial class DeviceQueue<TCommand>
{
    /// <summary>Resets the device: what runs faults with <see cref="DeviceResetException"/>, what waits goes on afterwards.</summary>
    /// <returns>False when the device is lost or the queue disposed.</returns>
    /// <remarks>Returns at once; the driver resets on the queue's own schedule. A driver that cannot reset loses the device.</remarks>
    public bool TryReset() => RequestReset(DeviceResetException.OnDemand(Name));

    /// <summary>Gives the device up: every fence of the queue that is pending faults, every subscription ends, nothing more is accepted.</summary>
    /// <param name="reason">What happened; the fences fault with a <see cref="DeviceLostException"/> around it.</param>
    /// <returns>True for the one call that did it.</returns>
    /// <remarks>
    /// Drivers call it when their device tells them, and so may owners. First the driver is told to stop the device
    /// (<see cref="DeviceDriver{TCommand}.OnLost"/>), then the fences fault: whoever sees them faulted may take it that memory is no
    /// longer touched. If the driver does not return, the watchdog faults them all the same. The other queues of a <see cref="Device"/> are
    /// lost too.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="reason"/> is null.</exception>
    public bool Lose(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        DeviceLostException error = DeviceLostException.For(Name, reason);
        bool mustPump;
        bool mustWatch;
        _gate.Enter();
        try
        {
            if (_lostReason is not null || _closeCalled)
            {
                return false;
            }

            Volatile.Write(ref _lostReason, error);
            mustPump = TryBeginPumpLocked();
            mustWatch = TryArmWatchdogLocked(_hangTimeout);
        }
        finally
        {
            _gate.Exit();
        }

        _channel.Writer.TryComplete();
        if (mustWatch)
        {
            StartTimer();
        }

        if (mustPump)
        {
            DispatchPump();
        }

        _device?.Lose(reason); // and with it the other queues
        return true;
    }

    /// <summary>Waits, without a thread, until everything that was submitted before is over. The queue goes on.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Something to await: false when the time ran out.</returns>
    /// <remarks>Does not say how the commands ended: their fences do. Allocates nothing in steady state.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond about 49 days.</exception>
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
    public async ValueTask DisposeAsync()
    {
        _gate.Enter();
        _closing = true;
        _gate.Exit();
        _channel.Writer.TryComplete();
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
            Lose(exception);
            FaultEverything(isQuiesced: false); // the driver does not return
        }

        DetachAll();
        _thread?.End();
        await _timer.DisposeAsync().ConfigureAwait(false);
        _timeline.Dispose();
        _unmapsPending.Dispose();
    }

    private bool RequestReset(Exception reason)
    {
        bool mustPump;
        _gate.Enter();
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
            _gate.Exit();
        }

        if (mustPump)
        {
            DispatchPump();
        }

        return true;
    }

    /// <summary>On the pump.</summary>
    private void Reset()
    {
        bool done;
        using (BeginSignaling(_timeline))
        {
            done = _driver.TryReset();
        }

        Exception reason;
        _gate.Enter();
        try
        {
            reason = _mustReset!;
            _mustReset = null;
            _resets++;
            for (ulong point = _retired + 1; done && point <= _taken; point++)
            {
                DeviceSlot<TCommand> slot = SlotOf(point);
                if (slot.Phase == DeviceSlotPhase.Running)
                {
                    slot.Phase = DeviceSlotPhase.Finished;
                    slot.Fault = reason;
                }
            }
        }
        finally
        {
            _gate.Exit();
        }

        if (done)
        {
            Retire();
        }
        else
        {
            Lose(reason);
        }
    }

    /// <summary>The last act of a loss. May come twice: from the pump, and from whoever lost patience with it.</summary>
    private void FaultEverything(bool isQuiesced)
    {
        Exception reason = LostReason!;
        _gate.Enter();
        _isQuiesced |= isQuiesced;
        Fence blocker = _rangeBlocker;
        _gate.Exit();
        _timeline.Poison(reason);
        _unmapsPending.Poison(reason);
        blocker.TryRemoveCallback(_rangeWait);
        foreach (DeviceSlot<TCommand> slot in _slots)
        {
            // Nothing is submitted any more, so no slot changes hands. Who is adding callbacks just now takes them back himself.
            RemoveDependencies(slot);
        }

        if (!isQuiesced)
        {
            _closed.TrySetResult(); // the driver may never return
        }

        // Unsubscribing waits for schedules that are under way, and we may be inside one.
        ThreadPool.UnsafeQueueUserWorkItem(static queue => queue.DetachAll(), this, preferLocal: false);
    }
}
