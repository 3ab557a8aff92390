// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Samples.WebShop.Catalog;

/// <summary>
/// Orders and what is in stock, each under a lock of its own. Both are tracked: were one request to take them the other way round, the integration
/// tests would fail with the report, though no request ever hung.
/// </summary>
internal sealed class Stock
{
    private const int AtTheStart = 10;

    private static readonly LockClass s_ordersClass = LockClass.Create("WebShop orders");
    private static readonly LockClass s_stockClass = LockClass.Create("WebShop stock");

    private readonly TrackedLock _ordersLock = new(s_ordersClass);
    private readonly TrackedLock _stockLock = new(s_stockClass);
    private readonly int[] _inStock = [.. Product.All.Select(static _ => AtTheStart)]; // under _stockLock
    private readonly Dictionary<int, int> _waiting = []; // orders that wait for a delivery, by product; under _ordersLock

    internal int Of(int product)
    {
        using (_stockLock.EnterScope())
        {
            return _inStock[product];
        }
    }

    /// <summary>Whether it was in stock; otherwise the order waits.</summary>
    internal bool Order(int product)
    {
        using (_ordersLock.EnterScope())
        using (_stockLock.EnterScope())
        {
            if (_inStock[product] > 0)
            {
                _inStock[product]--;
                return true;
            }

            _waiting[product] = _waiting.GetValueOrDefault(product) + 1;
            return false;
        }
    }

    /// <summary>First to those who have waited.</summary>
    internal void Deliver(int product, int count)
    {
        using (_ordersLock.EnterScope())
        using (_stockLock.EnterScope())
        {
            int served = Math.Min(count, _waiting.GetValueOrDefault(product));
            _waiting[product] = _waiting.GetValueOrDefault(product) - served;
            _inStock[product] += count - served;
        }
    }
}
