// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Text;

namespace FenceKit.Samples.WebShop.Catalog;

/// <summary>
/// Pages of products in rented buffers. A request that sends one holds a lease over its awaits, however slow its client is; whoever throws the page out
/// waits for those who are sending it before the buffer goes back to its pool. Without the lease a slow client would get somebody else's page.
/// </summary>
internal sealed class PageCache : IDisposable
{
    // A page that is being thrown out is away for as long as its slowest client takes.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly InvalidationNotifier _notifier;
    private readonly ReaderGate[] _readers; // one for each page: a session waits for all readers of a gate, and a slow client holds up only its own page
    private readonly ArrayPool<byte> _buffers;
    private readonly Func<int, string> _render;
    private readonly CachedPage?[] _pages = new CachedPage?[Product.All.Length];

    internal PageCache(InvalidationNotifier notifier, ArrayPool<byte> buffers, Func<int, string> render)
    {
        _notifier = notifier;
        _buffers = buffers;
        _render = render;
        _readers = [.. Product.All.Select(product => new ReaderGate(notifier, RangeOf(product.Number), $"requests for {product.Name}"))];
    }

    /// <summary>Sends a page, made anew if it is not there.</summary>
    /// <exception cref="TimeoutException">It is being thrown out, and a client that is slow still has it.</exception>
    internal async Task SendAsync(int product, Stream client, CancellationToken cancellationToken)
    {
        using ReaderLease lease = await _readers[product].EnterAsync(RangeOf(product), s_patience, cancellationToken);
        CachedPage page = Volatile.Read(ref _pages[product]) ?? Publish(product);
        await client.WriteAsync(page.Bytes, cancellationToken);
    }

    /// <summary>Throws a page out.</summary>
    /// <returns>False when somebody has not let go of it in time: it stays, and says what it said before.</returns>
    internal async Task<bool> EvictAsync(int product, TimeSpan budget, CancellationToken cancellationToken)
    {
        if (!_notifier.TrySchedule(RangeOf(product), InvalidationReason.Discard, out InvalidationSession session))
        {
            return false;
        }

        using (session)
        {
            if (await session.WaitAsync(budget, cancellationToken) != InvalidationOutcome.Completed)
            {
                return false;
            }

            if (Interlocked.Exchange(ref _pages[product], null) is { } page)
            {
                _buffers.Return(page.Buffer, clearArray: true); // nobody sends it any more
            }

            session.Commit();
            return true;
        }
    }

    public void Dispose() => Array.ForEach(_readers, static readers => readers.Dispose());

    /// <summary>Inside a lease, so no page comes to be while it is thrown out.</summary>
    private CachedPage Publish(int product)
    {
        string text = _render(product);
        byte[] buffer = _buffers.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        CachedPage fresh = new(buffer, Encoding.UTF8.GetBytes(text, buffer));
        CachedPage? other = Interlocked.CompareExchange(ref _pages[product], fresh, null);
        if (other is not null)
        {
            _buffers.Return(buffer); // another request was faster, and nobody has seen ours
        }

        return other ?? fresh;
    }

    private static AddressRange RangeOf(int product) => AddressRange.FromLength((ulong)product, 1);

    private sealed record CachedPage(byte[] Buffer, int Length)
    {
        internal ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(0, Length);
    }
}
