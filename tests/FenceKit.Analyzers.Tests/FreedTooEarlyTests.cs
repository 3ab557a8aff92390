// SPDX-License-Identifier: MIT
namespace FenceKit.Analyzers.Tests;

public class FreedTooEarlyTests
{
    private static string Session(string body) => $$"""
        private AddressRange _range;
        public async Task EvictAsync(AddressRange range, AddressRange other)
        {
            if (_notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session))
            {
                using (session)
                {
                    await SaveAsync();
                    {{body}}
                }
            }
        }
        """;

    [Theory]
    [InlineData("[|_table.Free(range)|]; if (session.Wait(s_budget) == InvalidationOutcome.Completed) { session.Commit(); }")]
    [InlineData("[|_table.Free(session.Range)|]; if (session.Wait(s_budget) == InvalidationOutcome.Completed) { session.Commit(); }")]
    [InlineData("if (other.Length > 5) { [|_table.Free(range)|]; }")]
    [InlineData("_ = session.Wait(s_budget); [|_table.Free(range)|]; session.Commit();")]
    [InlineData("session.Wait(s_budget); [|_table.Free(range)|]; session.Commit();")]
    public Task What_is_freed_before_the_wait_is_reported(string body) => Check.Rule<FreedTooEarly>(Session(body));

    [Theory]
    [InlineData("if (session.Wait(s_budget) != InvalidationOutcome.Completed) { [|_table.Free(range)|]; return; } session.Commit();")]
    [InlineData("if (session.Wait(s_budget) == InvalidationOutcome.Completed) { session.Commit(); } else { [|_table.Free(range)|]; }")]
    [InlineData("if (await session.WaitAsync(s_budget).ConfigureAwait(false) is not InvalidationOutcome.Completed) { [|_table.Free(range)|]; }")]
    [InlineData("if (session.TryWait() is InvalidationOutcome.Completed) { session.Commit(); return; } [|_table.Free(range)|];")]
    [InlineData("if (!(session.TryWait() == InvalidationOutcome.Completed)) { [|_table.Free(range)|]; }")]
    public Task So_is_what_is_freed_though_the_wait_has_not_completed(string body) => Check.Rule<FreedTooEarly>(Session(body));

    [Theory]
    [InlineData("if (session.Wait(s_budget) == InvalidationOutcome.Completed) { session.Commit(); [|_table.Free(range)|]; }")]
    [InlineData("if (session.Wait(s_budget) != InvalidationOutcome.Completed) { return; } session.Commit(); Publish(); [|_table.Free(range)|];")]
    public Task So_is_what_is_freed_after_commit(string body) => Check.Rule<FreedTooEarly>(Session(body));

    [Fact]
    public Task So_is_a_pointer_from_which_the_range_was_made() => Check.Rule<FreedTooEarly>("""
        public void Evict(byte* page, ulong size)
        {
            AddressRange range = AddressRange.FromLength((ulong)page, size);
            if (_notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session))
            {
                using (session)
                {
                    [|NativeMemory.AlignedFree(page)|];
                    if (session.Wait(s_budget) == InvalidationOutcome.Completed) { session.Commit(); }
                }
            }
        }
        """);

    [Fact]
    public Task So_is_what_is_freed_in_the_step_between() => Check.Rule<FreedTooEarly>("""
        public void Evict(AddressRange range) =>
            _notifier.Invalidate(range, InvalidationReason.Unmap, whileWaiting: gone => [|_table.Free(gone)|], free: gone => _table.Free(gone));
        """);

    [Theory]
    [InlineData("_table.Park(range); if (session.Wait(s_budget) == InvalidationOutcome.Completed) { _table.Free(range); session.Commit(); } else { _table.Restore(range); session.BackOff(); }")]
    [InlineData("if (session.Wait(s_budget) != InvalidationOutcome.Completed) { return; } _table.Free(range); session.Commit();")]
    [InlineData("while (session.Wait(s_budget) != InvalidationOutcome.Completed) { Publish(); } _table.Free(range); session.Commit();")]
    [InlineData("InvalidationOutcome outcome = session.Wait(s_budget); if (outcome == InvalidationOutcome.Completed) { _table.Free(range); session.Commit(); }")]
    [InlineData("switch (await session.WaitAsync(s_budget)) { case InvalidationOutcome.Completed: _table.Free(range); session.Commit(); break; }")]
    public Task What_is_freed_between_the_wait_and_commit_is_in_order(string body) => Check.Rule<FreedTooEarly>(Session(body));

    [Theory]
    [InlineData("_table.Free(other);")]
    [InlineData("_table.Free(_range);")]
    [InlineData("_table.Park(range);")]
    [InlineData("_table.Restore(range);")]
    public Task Other_memory_and_other_steps_are_not_meant(string step) => Check.Rule<FreedTooEarly>(Session($"{step} Publish();"));

    [Fact]
    public Task A_session_in_other_hands_is_not_followed() => Check.Rule<FreedTooEarly>("""
        private static bool IsFree(InvalidationSession session) => session.TryWait() == InvalidationOutcome.Completed;
        public void Evict(AddressRange range)
        {
            if (_notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session))
            {
                if (IsFree(session)) { _table.Free(range); session.Commit(); }
            }
        }
        """);

    [Fact]
    public Task A_pointer_to_other_memory_is_not_meant() => Check.Rule<FreedTooEarly>("""
        public void Evict(byte* page, byte* staging, ulong size)
        {
            if (_notifier.TrySchedule(AddressRange.FromLength((ulong)page, size), InvalidationReason.Unmap, out InvalidationSession session))
            {
                NativeMemory.Free(staging);
                session.BackOff();
            }
        }
        """);
}
