// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>
/// The free session objects of a notifier: the pool of its options, or the default pool with one object near each stripe of the ledger in
/// front. Threads that invalidate in different stripes share no cache line here, and a thread that has one session at a time finds the
/// object where it left it.
/// </summary>
internal sealed class SessionPool
{
    // Objects beyond this number go to the garbage collector when their session ends.
    private const int RetainedSessions = 256;

    private readonly ObjectPool<SessionLease> _shared;
    private readonly bool _hasPlaces; // false with a user's pool, which is to see every rent

    internal SessionPool(ObjectPoolProvider? provider, Func<SessionPool, InvalidationSessionState> create)
    {
        _hasPlaces = provider is null;
        _shared = GuardedPoolProvider.Or(provider, RetainedSessions).Create(new Policy(this, create));
    }

    /// <param name="near">The first stripe of the session.</param>
    internal SessionLease Rent(LedgerStripe near)
    {
        if (_hasPlaces && Interlocked.Exchange(ref near.Spare, null) is { } spare) // pairs with the exchange in Return
        {
            return spare;
        }

        SessionLease lease = _shared.GetShielded();
        lease.State.Home = near;
        return lease;
    }

    internal void Return(SessionLease lease)
    {
        if (!_hasPlaces || Interlocked.CompareExchange(ref lease.State.Home!.Spare, lease, null) is not null) // pairs with the exchange in Rent
        {
            _shared.ReturnShielded(lease);
        }
    }

    private sealed class Policy(SessionPool pool, Func<SessionPool, InvalidationSessionState> create) : PooledObjectPolicy<SessionLease>
    {
        public override SessionLease Create() => new(create(pool));

        public override bool Return(SessionLease obj) => true;
    }
}
