// SPDX-License-Identifier: MIT
using FenceKit.Analyzers.CodeFixes;

namespace FenceKit.Analyzers.Tests;

public class IgnoredResultTests
{
    [Theory]
    [InlineData("fence.Wait()")]
    [InlineData("fence.Wait(s_budget)")]
    [InlineData("Fence.WaitAll([fence], s_budget)")]
    [InlineData("fence.TryAddCallback(callback)")]
    [InlineData("_notifier.TrySchedule(AddressRange.All, InvalidationReason.Unmap, out InvalidationSession session)")]
    [InlineData("session2.TryWait()")]
    [InlineData("_orders.TryEnter()")]
    [InlineData("_prices.TryEnterReadLock(s_budget)")]
    [InlineData("_slots.Wait(s_budget)")]
    [InlineData("_gate.TryEnter(AddressRange.All, out ReaderScope scope)")]
    [InlineData("_buffer.TryLock()")]
    [InlineData("_pool.TryRent(out FenceSource source)")]
    public Task A_result_that_nobody_looks_at_is_reported(string call) => Check.Rule<IgnoredResult>(
        $$"""public void Go(Fence fence, FenceCallback callback, InvalidationSession session2) { [|{{call}}|]; }""");

    [Fact]
    public Task So_is_one_that_was_awaited() => Check.Rule<IgnoredResult>("""
        public async Task GoAsync(Fence fence, InvalidationSession session)
        {
            await [|fence.WaitAsync(s_budget)|];
            await [|session.WaitAsync(s_budget)|].ConfigureAwait(false);
        }
        """);

    [Fact]
    public Task So_is_one_of_a_method_that_is_a_single_expression() =>
        Check.Rule<IgnoredResult>("public void Go(Fence fence) => [|fence.Wait()|];");

    [Fact]
    public Task A_result_that_is_used_or_discarded_is_not() => Check.Rule<IgnoredResult>("""
        public bool Go(Fence fence, FenceCallback callback)
        {
            _ = fence.Wait();
            if (!fence.TryAddCallback(callback)) { return false; }
            FenceStatus status = fence.Wait(s_budget);
            return status == FenceStatus.Signaled && _orders.TryEnter();
        }
        """);

    [Fact]
    public Task A_lambda_may_be_a_function_to_its_caller() =>
        Check.Rule<IgnoredResult>("public Thread Go(Fence fence) => new(() => fence.Wait());");

    [Fact]
    public Task Waits_that_say_nothing_are_not_meant() => Check.Rule<IgnoredResult>("""
        public async Task GoAsync(Fence fence, ManualResetEventSlim set, Task task)
        {
            _slots.Wait();
            set.Wait(s_budget);
            task.Wait(s_budget);
            await fence;
            _orders.Enter();
        }
        """);

    [Fact]
    public Task Members_of_others_that_are_called_the_same_are_not_meant() => Check.Rule<IgnoredResult>("""
        private bool TryEnter() => true;
        private bool TrySchedule(AddressRange range) => true;
        public void Go() { TryEnter(); TrySchedule(AddressRange.All); }
        """);

    [Fact]
    public Task The_first_fix_throws_when_it_is_refused() => Check.Fix<IgnoredResult, IgnoredResultFix>("""
            public void Go(Fence fence, FenceCallback callback)
            {
                // Twice.
                [|_orders.TryEnter()|];
                [|fence.TryAddCallback(callback)|];
            }
        """, """
            public void Go(Fence fence, FenceCallback callback)
            {
                // Twice.
                if (!_orders.TryEnter())
                {
                    throw new System.InvalidOperationException("TryEnter was refused.");
                }
                if (!fence.TryAddCallback(callback))
                {
                    throw new System.InvalidOperationException("TryAddCallback was refused.");
                }
            }
        """);

    [Fact]
    public Task A_semaphore_that_is_awaited_without_a_limit_has_one_answer_only() => Check.Rule<IgnoredResult>("""
        public async Task GoAsync()
        {
            await _slots.WaitAsync();
            await [|_slots.WaitAsync(s_budget)|];
            await [|_slots.WaitAsync(100)|];
        }
        """);

    [Fact]
    public Task The_second_fix_discards_the_result() => Check.Fix<IgnoredResult, IgnoredResultFix>("""
            public void Go(Fence fence)
            {
                [|_orders.TryEnter()|];
            }
        """, """
            public void Go(Fence fence)
            {
                _ = _orders.TryEnter();
            }
        """, offer: 1);

    [Fact]
    public Task A_status_can_only_be_discarded() => Check.Fix<IgnoredResult, IgnoredResultFix>("""
            public async Task GoAsync(Fence fence)
            {
                [|fence.Wait(s_budget)|];
                await [|fence.WaitAsync(s_budget)|];
            }
        """, """
            public async Task GoAsync(Fence fence)
            {
                _ = fence.Wait(s_budget);
                _ = await fence.WaitAsync(s_budget);
            }
        """);
}
