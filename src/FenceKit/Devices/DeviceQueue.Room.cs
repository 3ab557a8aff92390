// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Waiting for room. The commands themselves stand in the slots, in the order of their points; here stand the submitters that want to add one.
//
//   submitter                                            the pump
//   -----------                                          --------
//   [ lock: full? → the fence of the next room ]         [ lock: take commands; did anybody ask for room? ]
//   wait for it, then try again                          signal the fence
//
// Both look under the lock. If the pump took commands before the submitter looked, there is room, and nothing to wait for; otherwise the
// pump sees that somebody asked.
public sealed partial class DeviceQueue<TCommand>
{
    private readonly FenceTimeline _room; // a point each time somebody finds the queue full; all who wait have the same one
    private ulong _roomMade;              // under the lock: the points up to this one are signaled, or about to be

    /// <summary>Submits a command; waits, without a thread, while there is no room.</summary>
    /// <param name="command">What is to be done.</param>
    /// <param name="dependencies">Fences that must have signaled before it starts.</param>
    /// <param name="cancellationToken">Ends the wait for room; to cancel a command that was submitted, see <see cref="TryCancel"/>.</param>
    /// <returns>The fence of the command. To be awaited once, like every ValueTask.</returns>
    /// <remarks>Allocates nothing in steady state. The submitter that waits longest is not served first: there is no order among them.</remarks>
    /// <exception cref="ArgumentException">There are too many dependencies.</exception>
    /// <exception cref="DeviceLostException">The device is lost.</exception>
    /// <exception cref="ObjectDisposedException">The queue is being disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before there was room.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Fence> SubmitAsync(
        TCommand command, ReadOnlyMemory<Fence> dependencies = default, CancellationToken cancellationToken = default)
    {
        FenceContract.Await(ContractMap); // for room, even if there is some this time
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

    /// <summary>Signals when there may be room; <c>default</c> when there is, or when there never will be.</summary>
    private Fence NextRoom()
    {
        _lock.Enter();
        try
        {
            if (_lostReason is not null || _closing || _timeline.Issued - _taken < (ulong)_options.Capacity)
            {
                return default;
            }

            return _room.Issued == _roomMade ? _room.Issue() : new Fence(_room, _room.Issued);
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>Under the lock, when commands were taken. Not 0: the caller signals this point of <see cref="_room"/>, outside it.</summary>
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
