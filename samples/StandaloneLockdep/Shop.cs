// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Samples.StandaloneLockdep;

/// <summary>Knows what is in store. Its lock is taken first here, and that of the orders inside.</summary>
internal sealed class StockService
{
    private static readonly LockClass s_lockClass = LockClass.Create("StockService");
    private readonly TrackedLock _lock = new(s_lockClass);
    private readonly Dictionary<string, int> _pieces = new() { ["lamp"] = 3 };

    public OrderService? Orders { get; set; }

    public bool TryTake(string article)
    {
        using (_lock.EnterScope())
        {
            int left = _pieces.GetValueOrDefault(article);
            _pieces[article] = Math.Max(0, left - 1);
            return left > 0;
        }
    }

    public void Receive(string article, int pieces)
    {
        using (_lock.EnterScope())
        {
            _pieces[article] = _pieces.GetValueOrDefault(article) + pieces;

            // Harmless today. Beside a customer who orders at the same moment, both wait for ever.
            Orders!.RetryWaiting(article);
        }
    }
}

/// <summary>Takes orders. Its lock is taken first here, and that of the store inside.</summary>
internal sealed class OrderService(StockService stock)
{
    private static readonly LockClass s_lockClass = LockClass.Create("OrderService");
    private readonly TrackedLock _lock = new(s_lockClass);
    private readonly Queue<string> _waiting = new();

    public int Delivered { get; private set; }

    public void Order(string article)
    {
        using (_lock.EnterScope())
        {
            if (stock.TryTake(article))
            {
                Delivered++;
            }
            else
            {
                _waiting.Enqueue(article);
            }
        }
    }

    public void RetryWaiting(string article)
    {
        using (_lock.EnterScope())
        {
            while (_waiting.TryPeek(out string? first) && first == article && stock.TryTake(article))
            {
                _waiting.Dequeue();
                Delivered++;
            }
        }
    }
}
