// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A request that the responder carries out, with its state.</summary>
internal sealed class RequestedInvalidation(UInt128 requester, ulong number, AddressRange range, TimeSpan budget, string roster, Action<RequestedInvalidation> tell)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);  // how often the names that are waited for are updated
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(5);  // for a schedule that a subscriber refused

    private readonly PendingInvalidation[] _holders = new PendingInvalidation[RequestMessage.MostNames];
    private string[] _pending = [];
    private int _state = (int)RequestMessageKind.Working;

    internal UInt128 Requester { get; } = requester;

    internal ulong Number { get; } = number;

    internal RequestMessageKind State => (RequestMessageKind)Volatile.Read(ref _state); // pairs with the write in RunAsync

    /// <summary>The names that are waited for.</summary>
    internal IReadOnlyList<string> Pending => Volatile.Read(ref _pending); // pairs with the write in Look

    internal async Task RunAsync(InvalidationNotifier notifier, TimeProvider clock, CancellationToken cancellationToken)
    {
        long started = clock.GetTimestamp();
        InvalidationOutcome? outcome = null;
        while (outcome is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session))
            {
                using (session)
                {
                    outcome = await WaitAsync(session, clock, started, cancellationToken).ConfigureAwait(false);
                    if (outcome == InvalidationOutcome.Completed)
                    {
                        session.Commit();
                    }
                }
            }
            else if (clock.GetElapsedTime(started) >= budget)
            {
                outcome = InvalidationOutcome.Pending;
                Volatile.Write(ref _pending, ["a subscriber that cannot begin without blocking, or an owner without room for one more session"]);
            }
            else
            {
                await Task.Delay(s_retry, clock, cancellationToken).ConfigureAwait(false);
            }
        }

        // Written after the commit. Pairs with the read in State, so that a requester is told "completed" only after the fact.
        Volatile.Write(ref _state, (int)(outcome switch
        {
            InvalidationOutcome.Completed => RequestMessageKind.Completed,
            InvalidationOutcome.Faulted => RequestMessageKind.Faulted,
            _ => RequestMessageKind.Pending,
        }));
    }

    internal void Fail(Exception error)
    {
        Volatile.Write(ref _pending, [$"the session itself: {error.GetType().Name}"]);
        Volatile.Write(ref _state, (int)RequestMessageKind.Faulted); // pairs with the read in State
    }

    /// <summary>
    /// Waits for the session. Null when an earlier session that overlaps the range was committed: the caller then schedules again, for
    /// copies that nodes have made since.
    /// </summary>
    private async ValueTask<InvalidationOutcome?> WaitAsync(
        InvalidationSession session, TimeProvider clock, long started, CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan left = budget - clock.GetElapsedTime(started);
            TimeSpan wait = left < s_look ? left : s_look;
            switch (await session.WaitAsync(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, cancellationToken).ConfigureAwait(false))
            {
                case InvalidationOutcome.Completed:
                    return InvalidationOutcome.Completed;
                case InvalidationOutcome.Superseded:
                    return null;
                case InvalidationOutcome.Faulted:
                    Look(session);
                    return InvalidationOutcome.Faulted;
                default:
                    Look(session);
                    if (clock.GetElapsedTime(started) >= budget)
                    {
                        return InvalidationOutcome.Pending;
                    }

                    break;
            }
        }
    }

    /// <summary>Updates the names that are waited for; the group of all nodes is listed only when none of them has a name.</summary>
    private void Look(InvalidationSession session)
    {
        int count = session.CopyPending(_holders);
        HashSet<string> names = [.. _holders.Take(Math.Min(count, _holders.Length)).Select(holder => holder.Name)];
        if (names.Count > 1)
        {
            names.Remove(roster);
        }

        if (!names.SetEquals(_pending))
        {
            Volatile.Write(ref _pending, [.. names]);
            tell(this);
        }
    }
}
