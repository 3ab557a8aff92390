// SPDX-License-Identifier: MIT
using System.Threading.Channels;
using System.Threading.Tasks.Sources;

namespace FenceKit.Lockdep.Tests.Async;

/// <summary>
/// Whatever the language or the libraries offer to await: what was held before is held after it, whichever thread goes on; and what code takes that is called on the
/// way (an iterator, a disposal) is taken under it.
/// </summary>
public sealed class WaysOfAwaitingTests
{
    private readonly AsyncBench _bench = new();

    [Theory]
    [InlineData("channel")]
    [InlineData("channel, all that comes")]
    [InlineData("source of a ValueTask")]
    [InlineData("ConfigureAwait(false)")]
    [InlineData("custom awaiter")]
    [InlineData("iterator")]
    [InlineData("await using")]
    [InlineData("WhenAll")]
    [InlineData("WaitAsync")]
    [InlineData("parallel loop")]
    public async Task What_was_held_before_is_held_afterwards(string way)
    {
        await AsyncBench.HopAsync(); // away from the context of the test host
        Assert.True(await HoldAsync(way, "A", "B"), "another thread has gone on");
        Assert.Equal(["A -> B"], _bench.Edges);
        Assert.Empty(_bench.Reports);
        await HoldAsync(way, "B", "A");
        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
        Assert.Empty(_bench.Validator.GetHeldLocks());
    }

    [Fact]
    public async Task What_an_iterator_takes_for_its_next_element_is_taken_under_the_locks_of_the_loop()
    {
        await AsyncBench.HopAsync();
        using (await _bench["A"].LockAsync())
        {
            await foreach (int _ in NumbersAsync("B"))
            {
                using (await _bench["C"].LockAsync())
                {
                }
            }
        }

        // The iterator has let B go before it gives its element: the body is not inside it.
        Assert.Equal(["A -> B", "A -> C"], _bench.Edges);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public async Task What_an_iterator_keeps_while_it_gives_its_element_is_its_own_and_not_the_loops()
    {
        await AsyncBench.HopAsync();
        await foreach (int _ in KeepingAsync("B"))
        {
            using (await _bench["C"].LockAsync())
            {
            }
        }

        Assert.Empty(_bench.Validator.GetHeldLocks());
        Assert.False(_bench["B"].IsTaken);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public async Task What_an_iterator_keeps_is_held_by_a_loop_that_adopts_it_with_the_element()
    {
        await AsyncBench.HopAsync();
        await foreach (LockHold hold in HandingOverAsync("B"))
        {
            hold.Adopt();
            await AsyncBench.HopAsync();
            using (await _bench["C"].LockAsync())
            {
            }
        }

        using (await _bench["D"].LockAsync())
        {
        }

        Assert.Equal(["B -> C"], _bench.Edges);
        Assert.Empty(_bench.Validator.GetHeldLocks());
        Assert.False(_bench["B"].IsTaken);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public async Task What_a_disposal_takes_is_taken_under_the_locks_of_whoever_awaits_it()
    {
        await AsyncBench.HopAsync();
        foreach ((string outer, string inner) in ((string, string)[])[("A", "B"), ("B", "A")])
        {
            using (await _bench[outer].LockAsync())
            {
                await using var _ = new Disposed(() => TakeAsync(inner));
            }
        }

        Assert.Equal(LockConfidence.Certain, _bench.Reports[^1].Confidence);
        Assert.Equal(LockViolationKind.CircularDependency, _bench.Reports[^1].Kind);
    }

    /// <summary>Whether another thread has gone on after the await.</summary>
    private async Task<bool> HoldAsync(string way, string first, string second)
    {
        Thread before;
        Thread after;
        using (await _bench[first].LockAsync())
        {
            before = Thread.CurrentThread;
            switch (way)
            {
                case "channel":
                    Channel<int> one = Channel.CreateUnbounded<int>();
                    ValueTask<int> read = one.Reader.ReadAsync();
                    Elsewhere(() => _ = one.Writer.TryWrite(1));
                    await read;
                    break;
                case "channel, all that comes":
                    Channel<int> many = Channel.CreateUnbounded<int>();
                    Elsewhere(() => _ = many.Writer.TryWrite(1) && many.Writer.TryComplete());
                    await foreach (int _ in many.Reader.ReadAllAsync())
                    {
                    }

                    break;
                case "source of a ValueTask":
                    await new Source().Task;
                    break;
                case "ConfigureAwait(false)":
                    var done = new TaskCompletionSource();
                    Elsewhere(done.SetResult);
                    await done.Task.ConfigureAwait(false);
                    break;
                case "iterator":
                    await foreach (int _ in NumbersAsync(null))
                    {
                    }

                    break;
                case "await using":
                    await using (new Disposed(async () => await AsyncBench.HopAsync()))
                    {
                    }

                    break;
                case "WhenAll":
                    await Task.WhenAll(HopAsync(), HopAsync());
                    break;
                case "WaitAsync":
                    await HopAsync().WaitAsync(TimeSpan.FromMinutes(1));
                    break;
                case "parallel loop":
                    await Parallel.ForEachAsync([1, 2], async (_, _) => await AsyncBench.HopAsync());
                    break;
                default:
                    await AsyncBench.HopAsync();
                    break;
            }

            after = Thread.CurrentThread;
            using (await _bench[second].LockAsync())
            {
            }
        }

        return way is not ("custom awaiter" or "source of a ValueTask") || !ReferenceEquals(before, after); // others may be faster than the await
    }

    private static async Task HopAsync() => await AsyncBench.HopAsync();

    private static void Elsewhere(Action action) => new Thread(action.Invoke) { IsBackground = true }.UnsafeStart();

    private async Task TakeAsync(string name)
    {
        await AsyncBench.HopLaterAsync(); // whoever disposes awaits by then
        using (await _bench[name].LockAsync())
        {
        }
    }

    private async IAsyncEnumerable<int> NumbersAsync(string? taken)
    {
        for (int i = 0; i < 2; i++)
        {
            await AsyncBench.HopAsync();
            if (taken is not null)
            {
                using (await _bench[taken].LockAsync())
                {
                    await AsyncBench.HopAsync();
                }
            }

            yield return i;
        }
    }

    private async IAsyncEnumerable<int> KeepingAsync(string taken)
    {
        using (await _bench[taken].LockAsync())
        {
            await AsyncBench.HopAsync();
            yield return 1;
            await AsyncBench.HopAsync();
            yield return 2;
        }
    }

    private async IAsyncEnumerable<LockHold> HandingOverAsync(string taken)
    {
        using LockHold hold = await _bench[taken].LockAsync();
        await AsyncBench.HopAsync();
        yield return hold;
        await AsyncBench.HopAsync();
        yield return hold;
    }

    private sealed class Disposed(Func<Task> work) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await work();
    }

    /// <summary>A source of one's own, which lets another thread go on as soon as it is awaited.</summary>
    private sealed class Source : IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _core;

        public ValueTask Task => new(this, _core.Version);

        public void GetResult(short token) => _core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        {
            _core.OnCompleted(continuation, state, token, flags);
            new Thread(() => _core.SetResult(true)) { IsBackground = true }.UnsafeStart();
        }
    }
}
