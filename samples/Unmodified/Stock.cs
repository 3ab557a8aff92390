// SPDX-License-Identifier: MIT
namespace Shop;

/// <summary>What is there. Its report takes the lock of the stock, and then that of the orders: the other way round.</summary>
internal sealed class Stock(Orders orders)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _counts = new() { ["tea"] = 10 };

    public void Take(string article, int count)
    {
        lock (_gate)
        {
            _counts[article] -= count;
        }
    }

    public int CountOf(string article)
    {
        lock (_gate)
        {
            return _counts[article];
        }
    }

    public int OrderedOf(string article)
    {
        lock (_gate)
        {
            return orders.CountOf(article);
        }
    }
}
