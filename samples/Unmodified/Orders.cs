// SPDX-License-Identifier: MIT
namespace Shop;

/// <summary>What was ordered. Placing an order takes the lock of the orders, and then that of the stock.</summary>
internal sealed class Orders
{
    private readonly object _gate = new();
    private readonly Dictionary<string, int> _ordered = [];

    public Stock? Stock { get; set; }

    public void Place(string article, int count)
    {
        lock (_gate)
        {
            _ordered[article] = _ordered.GetValueOrDefault(article) + count;
            Stock?.Take(article, count);
        }
    }

    public int CountOf(string article)
    {
        lock (_gate)
        {
            return _ordered.GetValueOrDefault(article);
        }
    }
}
