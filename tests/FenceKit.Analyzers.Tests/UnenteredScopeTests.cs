// SPDX-License-Identifier: MIT
using FenceKit.Analyzers.CodeFixes;

namespace FenceKit.Analyzers.Tests;

public class UnenteredScopeTests
{
    [Fact]
    public Task A_using_after_a_try_that_nobody_asked_is_reported() => Check.Rule<UnenteredScope>("""
        public void Read(AddressRange range)
        {
            _gate.TryEnter(range, out ReaderScope scope);
            using ([|scope|]) { _count++; }
        }
        public void Evict(AddressRange range)
        {
            _ = _notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session);
            using InvalidationSession owned = [|session|];
            _count++;
        }
        """);

    [Fact]
    public Task So_is_one_on_the_way_of_the_refusal() => Check.Rule<UnenteredScope>("""
        public async Task ReadAsync(AddressRange range)
        {
            ReaderLeaseAttempt attempt = await _gate.TryEnterAsync(range, s_budget);
            if (!attempt.TryGetLease(out ReaderLease lease)) { _count--; }
            using ([|lease|]) { await SaveAsync(); }
        }
        """);

    [Fact]
    public Task So_is_a_lease_that_may_be_null() => Check.Rule<UnenteredScope>("""
        public async Task ReadAsync(AddressRange range)
        {
            ReaderLease? lease = range.IsEmpty ? null : await _gate.EnterAsync(range);
            using ([|lease|]) { await SaveAsync(); }
        }
        """);

    [Theory]
    [InlineData("default(ReaderLease)")]
    [InlineData("default(InvalidationSession)")]
    public Task So_is_one_that_was_never_entered(string value) => Check.Rule<UnenteredScope>($$"""public void Read() { using ([|{{value}}|]) { _count++; } }""");

    [Fact]
    public Task A_try_that_was_asked_is_in_order() => Check.Rule<UnenteredScope>("""
        public void Read(AddressRange range)
        {
            if (_gate.TryEnter(range, out ReaderScope first)) { using (first) { _count++; } }
            if (!_gate.TryEnter(range, out ReaderScope second)) { return; }
            using (second) { _count++; }
        }
        """);

    [Fact]
    public Task So_is_one_that_is_tried_again_in_a_loop() => Check.Rule<UnenteredScope>("""
        public void Read(AddressRange range)
        {
            while (_count < 5)
            {
                if (!_gate.TryEnter(range, out ReaderScope scope)) { continue; }
                using (scope) { _count++; }
            }
        }
        """);

    [Fact]
    public Task A_result_that_goes_elsewhere_is_not_followed() => Check.Rule<UnenteredScope>("""
        private static void Require(bool isTrue) { if (!isTrue) { throw new InvalidOperationException(); } }
        public void Read(AddressRange range)
        {
            Require(_gate.TryEnter(range, out ReaderScope first));
            using (first) { _count++; }
            bool isInside = _gate.TryEnter(range, out ReaderScope second);
            if (isInside) { using (second) { _count++; } }
        }
        """);

    [Fact]
    public Task A_null_that_is_tested_is_known() => Check.Rule<UnenteredScope>("""
        public async Task ReadAsync(AddressRange range)
        {
            ReaderLease? lease = range.IsEmpty ? null : await _gate.EnterAsync(range);
            if (lease is null) { return; }
            using (lease) { await SaveAsync(); }
        }
        """);

    [Fact]
    public Task Other_things_may_be_null_in_a_using() => Check.Rule<UnenteredScope>("""
        public void Go(IDisposable? some) { using (some) { _count++; } using (default(IDisposable)) { _count++; } }
        """);

    [Fact]
    public Task The_fix_asks_the_try() => Check.Fix<UnenteredScope, EnteredScopeFix>("""
            public void Read(AddressRange range)
            {
                // Looks and goes.
                _gate.TryEnter(range, out ReaderScope scope);
                using ([|scope|])
                {
                    _count++;
                }
            }
        """, """
            public void Read(AddressRange range)
            {
                // Looks and goes.
                if (_gate.TryEnter(range, out ReaderScope scope))
                {
                    using (scope)
                    {
                        _count++;
                    }
                }
            }
        """);
}
