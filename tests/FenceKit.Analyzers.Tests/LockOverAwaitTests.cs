// SPDX-License-Identifier: MIT
namespace FenceKit.Analyzers.Tests;

public class LockOverAwaitTests
{
    private static string Method(string body) => $$"""
        private static readonly LockClass s_class = LockClass.Create("table");
        private readonly IAsyncEnumerable<int> _items = null!;
        public async Task StoreAsync(bool isWanted, IAsyncDisposable resource, Task task) { {{body}} }
        """;

    [Theory]
    [InlineData("_orders.Enter(); [|await SaveAsync()|]; _orders.Exit();")]
    [InlineData("_orders.Enter(); try { [|await SaveAsync()|]; } finally { _orders.Exit(); }")]
    [InlineData("if (_orders.TryEnter()) { [|await SaveAsync()|]; _orders.Exit(); }")]
    [InlineData("if (!_orders.TryEnter(s_budget)) { return; } [|await SaveAsync()|]; _orders.Exit();")]
    [InlineData("_prices.EnterReadLock(); [|await SaveAsync().ConfigureAwait(false)|]; _prices.ExitReadLock();")]
    [InlineData("_prices.EnterWriteLock(); if (isWanted) { [|await SaveAsync()|]; } _prices.ExitWriteLock();")]
    [InlineData("TrackedMonitor.Enter(_table, s_class); [|await SaveAsync()|]; TrackedMonitor.Exit(_table);")]
    [InlineData("_slots.Wait(); [|await SaveAsync()|]; _slots.Release();")]
    [InlineData("_orders.Enter(); _prices.EnterReadLock(); _prices.ExitReadLock(); [|await SaveAsync()|]; _orders.Exit();")]
    [InlineData("_orders.Enter(); if (isWanted) { _orders.Exit(); return; } [|await SaveAsync()|]; _orders.Exit();")]
    [InlineData("_orders.Enter(); [|await foreach (int item in _items) { _count += item; }|] _orders.Exit();")]
    [InlineData("_orders.Enter(); try { task.Wait(); } catch (AggregateException) { [|await SaveAsync()|]; } _orders.Exit();")]
    public Task An_await_under_a_lock_of_a_thread_is_reported(string body) => Check.Rule<LockOverAwait>(Method(body));

    [Theory]
    [InlineData("await SaveAsync(); _orders.Enter(); _count = 0; _orders.Exit(); await SaveAsync();")]
    [InlineData("_orders.Enter(); try { _count = 0; } finally { _orders.Exit(); } await SaveAsync();")]
    [InlineData("using (_orders.EnterScope()) { _count = 0; } await SaveAsync();")]
    [InlineData("if (!_orders.TryEnter()) { await SaveAsync(); return; } _orders.Exit();")]
    [InlineData("_orders.Enter(); _orders.Exit(); for (int i = 0; i < 3; i++) { await SaveAsync(); _orders.Enter(); _orders.Exit(); }")]
    [InlineData("_orders.Enter(); Func<Task> later = async () => await SaveAsync(); _orders.Exit(); await later();")]
    public Task An_await_without_one_is_in_order(string body) => Check.Rule<LockOverAwait>(Method(body));

    [Fact]
    public Task A_semaphore_that_others_release_is_a_signal() => Check.Rule<LockOverAwait>(Method("_slots.Wait(); await SaveAsync();"));

    [Fact]
    public Task A_lock_that_can_be_awaited_belongs_to_no_thread() =>
        Check.Rule<LockOverAwait>(Method("if (await _buffer.LockAsync(s_budget)) { await SaveAsync(); _buffer.Unlock(); }"));

    [Fact]
    public Task A_lambda_has_paths_of_its_own() =>
        Check.Rule<LockOverAwait>(Method("Func<Task> later = async () => { _orders.Enter(); [|await SaveAsync()|]; _orders.Exit(); }; await later();"));
}
