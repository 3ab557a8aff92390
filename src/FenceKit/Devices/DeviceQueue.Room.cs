// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Waiting for room: the submitters that found the queue full wait for a fence.
//
//   submitter                                            the pump
//   -----------                                          --------
//   [ lock: full? → the fence of the next room ]         [ lock: take commands; does a submitter wait?    ]
//   wait for it, then try again                          signal the fence
//
// The lock orders the two. If the pump takes commands first, the submitter finds room and does not wait; otherwise the pump sees that a
// submitter waits.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly FenceTimeline _room; // one point each time the queue is full; all waiting submitters share it
    private ulong _roomMade;              // under the lock: all points up to this one are signaled, or about to be

    /// <summary>Submits a command; waits, without blocking a thread, while there is no room.</summary>
    /// <param name="command">The command.</param>
    /// <param name="dependencies">Fences that must signal before the command starts.</param>
    /// <param name="cancellationToken">Cancels the wait for room; to cancel a command that was submitted, see <see cref="TryCancel"/>.</param>
    /// <returns>A task whose result is the fence of the command. Await it only once.</returns>
    /// <remarks>Allocates nothing in steady state. There is no order among submitters that wait for room.</remarks>
    /// <exception cref="ArgumentException">There are too many dependencies.</exception>
    /// <exception cref="DeviceLostException">The device is lost.</exception>
    /// <exception cref="ObjectDisposedException">The queue is being disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before there was room.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Fence> SubmitAsync(
        TCommand command, ReadOnlyMemory<Fence> dependencies = default, CancellationToken cancellationToken = default)
    {
        FenceContract.Await(ContractMap); // checks the contract for the wait for room, even if there is room this time
        while (true)
        {
            switch (TrySubmit(in command, dependencies.Span, out Fence fence))
            {
                case DeviceSubmitStatus.Submitted:
                    return fence;
                case DeviceSubmitStatus.Lost:
                    throw LostReason!;
                case DeviceSubmitStatus.Closed:
                    throw new ObjectDisposedException($"{nameof(DeviceQueue<>)} '{Name}'");
                default:
                    _ = await NextRoom().WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(FenceContinuation.ThreadPool);
                    break;
            }
        }
    }

    /// <summary>Returns a fence that signals when there may be room; <c>default</c> when there is room now, or never will be.</summary>
    private Fence NextRoom()
    {
        using SpinningLock.Scope scope = _lock.EnterScope();
        if (_lostReason is not null || _closing || _timeline.Issued - _taken < (ulong)_options.Capacity)
        {
            return default;
        }

        return _room.Issued == _roomMade ? _room.Issue() : new Fence(_room, _room.Issued);
    }

    /// <summary>
    /// Under the lock, after commands were taken. Not 0: the caller must signal this point of <see cref="_room"/>, outside the lock.
    /// </summary>
    private ulong MakeRoomLocked()
    {
        if (_room.Issued == _roomMade)
        {
            return 0;
        }

        _roomMade = _room.Issued;
        return _roomMade;
    }

    private void MakeRoom()
    {
        ulong made;
        _lock.Enter();
        made = MakeRoomLocked();
        _lock.Exit();
        SignalRoom(made);
    }

    private void SignalRoom(ulong made)
    {
        if (made != 0)
        {
            _room.Signal(made);
        }
    }
}
