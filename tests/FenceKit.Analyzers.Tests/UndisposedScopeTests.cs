// SPDX-License-Identifier: MIT
namespace FenceKit.Analyzers.Tests;

public class UndisposedScopeTests
{
    [Fact]
    public Task A_session_that_one_path_leaves_open_is_reported() => Check.Rule<UndisposedScope>("""
        public bool Evict(AddressRange range)
        {
            if (![|_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session)|]) { return false; }
            if (session.Wait(s_budget) != InvalidationOutcome.Completed) { return false; }
            _table.Free(range);
            session.Commit();
            return true;
        }
        """);

    [Fact]
    public Task So_is_one_that_falls_off_the_end_of_a_branch() => Check.Rule<UndisposedScope>("""
        public void Evict(AddressRange range)
        {
            if ([|_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session)|] && range.Length > 0)
            {
                Use(session.Range);
            }
        }
        """);

    [Fact]
    public Task So_is_one_that_the_next_round_of_a_loop_overwrites() => Check.Rule<UndisposedScope>("""
        public void Evict(AddressRange range)
        {
            while (true)
            {
                if ([|_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session)|])
                {
                    if (session.TryWait() == InvalidationOutcome.Completed) { session.Commit(); }
                }
            }
        }
        """);

    [Fact]
    public Task So_is_one_that_a_handler_of_exceptions_forgets() => Check.Rule<UndisposedScope>("""
        public void Evict(AddressRange range)
        {
            if (![|_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session)|]) { return; }
            try
            {
                _table.Park(range);
                session.BackOff();
            }
            catch (InvalidOperationException)
            {
                Publish();
            }
        }
        """);

    [Fact]
    public Task So_is_a_lease_that_was_awaited() => Check.Rule<UndisposedScope>("""
        public async Task ReadAsync(AddressRange range)
        {
            ReaderLease lease = await [|_gate.EnterAsync(range)|].ConfigureAwait(false);
            await SaveAsync();
            if (range.Length > 5) { lease.Dispose(); }
        }
        """);

    [Fact]
    public Task So_is_a_subscription_that_nobody_ends() => Check.Rule<UndisposedScope>("""
        public bool Look(IInvalidationSubscriber device)
        {
            InvalidationSubscription subscription = [|_notifier.Subscribe(AddressRange.All, device, "device")|];
            return subscription.TryBeginRead(AddressRange.All, out _);
        }
        """);

    [Theory]
    [InlineData("[|_orders.EnterScope()|];")]
    [InlineData("[|_gate.Enter()|];")]
    [InlineData("_ = [|_timeline.BeginSignaling()|];")]
    [InlineData("ReaderScope scope = [|_gate.Enter()|]; _count++;")]
    [InlineData("if (_gate.TryEnter(AddressRange.All, out _)) { _count++; }", true)]
    public Task So_is_a_scope_that_is_dropped(string statement, bool isTry = false) => Check.Rule<UndisposedScope>(
        $"public void Go() {{ {(isTry ? statement.Replace("_gate.TryEnter(AddressRange.All, out _)", "[|_gate.TryEnter(AddressRange.All, out _)|]", StringComparison.Ordinal) : statement)} }}");

    [Fact]
    public Task A_using_ends_it_on_every_path() => Check.Rule<UndisposedScope>("""
        public bool Evict(AddressRange range)
        {
            if (!_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session)) { return false; }
            using (session)
            {
                if (session.Wait(s_budget) != InvalidationOutcome.Completed) { return false; }
                session.Commit();
                return true;
            }
        }
        public void Read()
        {
            using ReaderScope scope = _gate.Enter();
            using (_orders.EnterScope()) { _count++; }
        }
        """);

    [Fact]
    public Task So_do_commit_and_back_off_and_a_finally() => Check.Rule<UndisposedScope>("""
        public void Evict(AddressRange range)
        {
            if (_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session))
            {
                if (session.Wait(s_budget) == InvalidationOutcome.Completed) { session.Commit(); }
                else { session.BackOff(); }
            }
            ReaderScope scope = _gate.Enter();
            try { _count++; }
            finally { scope.Dispose(); }
        }
        """);

    [Fact]
    public Task A_loop_without_an_end_is_left_only_where_it_is_left() => Check.Rule<UndisposedScope>("""
        public void Evict(AddressRange range)
        {
            if (!_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session)) { return; }
            while (true)
            {
                if (session.TryWait() == InvalidationOutcome.Completed) { session.Commit(); return; }
            }
        }
        """);

    [Fact]
    public Task What_is_handed_on_belongs_to_somebody_else() => Check.Rule<UndisposedScope>("""
        private InvalidationSession _session;
        private void Keep(InvalidationSession session) => _session = session;
        public InvalidationSession Begin(AddressRange range)
        {
            if (_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession stored)) { _session = stored; }
            if (_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession given)) { Keep(given); }
            if (_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession captured)) { Use((Action)(() => captured.Commit())); }
            if (_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession returned)) { return returned; }
            return default;
        }
        public bool TryBegin(AddressRange range, out InvalidationSession session) => _notifier.TrySchedule(range, InvalidationReason.Discard, out session);
        """);

    [Fact]
    public Task What_is_handed_on_by_reference_may_be_ended_there_and_replaced() => Check.Rule<UndisposedScope>("""
        public void Read()
        {
            ReaderScope scope = _gate.Enter();
            try { Replace(ref scope); }
            finally { scope.Dispose(); }
        }
        private void Replace(ref ReaderScope scope)
        {
            scope.Dispose();
            scope = _gate.Enter();
        }
        """);

    [Fact]
    public Task An_exception_that_leaves_the_method_is_no_path() => Check.Rule<UndisposedScope>("""
        public void Evict(AddressRange range)
        {
            if (!_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session)) { return; }
            if (range.Length > 5) { throw new InvalidOperationException(); }
            session.BackOff();
        }
        """);

    [Fact]
    public Task A_handler_that_can_only_be_reached_before_or_after_is_no_path() => Check.Rule<UndisposedScope>("""
        public void Evict(AddressRange range)
        {
            try
            {
                if (!_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session)) { return; }
                using (session) { Publish(); }
                Publish();
            }
            catch (InvalidOperationException)
            {
                Publish();
            }
        }
        """);

    [Fact]
    public Task A_try_whose_result_goes_elsewhere_is_not_followed() => Check.Rule<UndisposedScope>("""
        private static void Refused(bool isRefused) { }
        public void Go(AddressRange range)
        {
            Refused(!_notifier.TrySchedule(range, InvalidationReason.Discard, out _));
            bool isOpen = _notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session);
            if (isOpen) { session.Commit(); }
        }
        """);

    [Fact]
    public Task A_subscription_goes_with_the_notifier_of_its_method() => Check.Rule<UndisposedScope>("""
        public bool Look(IInvalidationSubscriber device)
        {
            _notifier.Subscribe(AddressRange.All, device, "for ever");
            using InvalidationNotifier notifier = new("here");
            InvalidationSubscription subscription = notifier.Subscribe(AddressRange.All, device, "device");
            return subscription.TryBeginRead(AddressRange.All, out _);
        }
        """);

    [Fact]
    public Task What_methods_of_a_users_return_is_theirs() => Check.Rule<UndisposedScope>("""
        private InvalidationSubscription Current() => _subscription;
        public bool Look()
        {
            InvalidationSubscription subscription = Current();
            return subscription.TryBeginRead(AddressRange.All, out _);
        }
        """);
}
