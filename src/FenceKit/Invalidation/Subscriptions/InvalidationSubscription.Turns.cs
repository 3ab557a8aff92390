// SPDX-License-Identifier: MIT
namespace FenceKit;

// Turns, which guarantee progress to readers that build mappings.
public sealed partial class InvalidationSubscription
{
    private HeldTurn? _turn; // created by the first call

    /// <summary>
    /// Takes a turn. Until it ends, schedules over the range are refused, so that a mapping can be built that invalidations would otherwise
    /// overtake again and again.
    /// </summary>
    /// <param name="range">What will be mapped; within <see cref="Range"/>.</param>
    /// <param name="limit">
    /// How long owners may be refused at most, from now on, including the wait for open sessions. More than zero.
    /// </param>
    /// <param name="turn">The turn, which the caller disposes. <c>default</c> when the result is false.</param>
    /// <returns>
    /// False when another reader of this subscription has a turn, or when an owner was refused during the last turn and has not scheduled
    /// that range since: owners and readers alternate.
    /// </returns>
    /// <remarks>
    /// <code>
    /// ReadTurn turn = default;
    /// if (attempts > 3)
    ///     subscription.TryTakeTurn(range, TimeSpan.FromMilliseconds(100), out turn);
    /// using (turn)
    /// {
    ///     // BeginRead, build, TryPopulate
    /// }
    /// </code>
    /// <para><b>The guarantee to the reader</b>: sessions that are open when it takes the turn are the last. A read that begins after them,
    /// and builds within the rest of the limit, is published at its first attempt. Only the shutdown of the notifier comes before it.
    /// <b>The guarantee to owners</b>: a schedule is refused, as by a subscriber that cannot start without blocking, for no longer than the
    /// limit; <c>Invalidate</c> tries again within its budget; and no second turn of the subscription comes before a schedule.</para>
    /// <para>Never blocks for longer than a few instructions. Allocates the first time.</para>
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the subscription.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is not more than zero, or infinite.</exception>
    /// <exception cref="ObjectDisposedException">The subscription or its notifier is disposed.</exception>
    public bool TryTakeTurn(AddressRange range, TimeSpan limit, out ReadTurn turn)
    {
        CheckReadable(range);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        HeldTurn held = Volatile.Read(ref _turn) ?? MakeTurn();
        long now = _clock.GetTimestamp();
        double ends = now + (limit.Ticks * (double)_clock.TimestampFrequency / TimeSpan.TicksPerSecond);
        long number = _ledger.TryTakeTurn(held, range, now, ends < long.MaxValue ? (long)ends : long.MaxValue);
        turn = number == 0 ? default : new ReadTurn(this, number);
        if (IsDisposed)
        {
            DropTurn(); // the thread that disposed the subscription may have checked before there was a turn
            ThrowIfOver();
        }

        return number != 0;
    }

    /// <summary>Drops the turn, if there is one, when the subscription is disposed.</summary>
    private void DropTurn()
    {
        if (Volatile.Read(ref _turn) is { } turn)
        {
            _ledger.DropTurn(turn);
        }
    }

    internal void EndTurn(long number) => _ledger.EndTurn(_turn!, number);

    private HeldTurn MakeTurn()
    {
        HeldTurn made = new(this);
        return Interlocked.CompareExchange(ref _turn, made, null) ?? made;
    }
}
