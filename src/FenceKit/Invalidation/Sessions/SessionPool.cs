// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>
/// The sessions of a notifier that are not in use: the pool of its options, or the usual one with one session near each stripe of the ledger in front.
/// Threads that invalidate in different stripes do not meet here either, and one that has a session at a time finds it where it left it.
/// </summary>
internal sealed class SessionPool
{
    // Sessions open at once beyond this go to the garbage collector when they end.
    private const int RetainedSessions = 256;

    private readonly ObjectPool<SessionLease> _shared;
    private readonly bool _hasPlaces; // a user who brings a pool wants to see what is rented

    internal SessionPool(ObjectPoolProvider? provider, Func<SessionPool, InvalidationSessionState> create)
    {
        _hasPlaces = provider is null;
        _shared = GuardedPoolProvider.Or(provider, RetainedSessions).Create(new Policy(this, create));
    }

    /// <param name="near">The first stripe where the session will be.</param>
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
