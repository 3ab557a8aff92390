// SPDX-License-Identifier: MIT
using FenceKit.Analyzers.CodeFixes;

namespace FenceKit.Analyzers.Tests;

public class MonitorOfTrackedLockTests
{
    [Theory]
    [InlineData("_orders")]
    [InlineData("_prices")]
    [InlineData("_slots")]
    [InlineData("_buffer")]
    [InlineData("this._orders")]
    public Task A_lock_statement_over_a_tracked_lock_is_reported(string name) =>
        Check.Rule<MonitorOfTrackedLock>($$"""public void Add() { lock ([|{{name}}|]) { _count++; } }""");

    [Fact]
    public Task So_is_its_monitor_by_name() => Check.Rule<MonitorOfTrackedLock>("""
        public void Add()
        {
            Monitor.Enter([|_orders|]);
            _count++;
            Monitor.Exit([|_orders|]);
        }
        """);

    [Fact]
    public Task Other_objects_are_locked_as_ever() => Check.Rule<MonitorOfTrackedLock>("""
        private readonly object _gate2 = new();
        private readonly System.Threading.Lock _plain = new();
        public void Add() { lock (_gate2) { _count++; } lock (_plain) { _count++; } lock (_table) { _count++; } }
        """);

    [Fact]
    public Task A_lock_in_a_variable_of_another_type_is_not_seen() =>
        Check.Rule<MonitorOfTrackedLock>("public void Add() { object gate = _orders; lock (gate) { _count++; } }");

    [Fact]
    public Task A_tracked_monitor_is_meant() => Check.Rule<MonitorOfTrackedLock>("""
        private static readonly LockClass s_class = LockClass.Create("table");
        public void Add() { using (TrackedMonitor.EnterScope(_table, s_class)) { _count++; } }
        """);

    [Fact]
    public Task A_user_of_the_validator_alone_is_told_as_well() => Check.RuleOfFile<MonitorOfTrackedLock>("""
        using FenceKit.Lockdep;
        internal sealed class Alone
        {
            private readonly TrackedLock _gate = new();
            public void Add() { lock ([|_gate|]) { } }
        }
        """, hasFences: false);

    [Fact]
    public Task The_fix_enters_the_lock_everywhere() => Check.Fix<MonitorOfTrackedLock, EnterScopeFix>("""
            public void Add(int amount)
            {
                // Counted once.
                lock ([|_orders|])
                {
                    _count += amount;
                }
                lock ([|this._orders|])
                    _count--;
            }
        """, """
            public void Add(int amount)
            {
                // Counted once.
                using (_orders.EnterScope())
                {
                    _count += amount;
                }
                using (this._orders.EnterScope())
                    _count--;
            }
        """);

    [Fact]
    public Task A_lock_of_readers_and_writers_has_no_fix_since_nobody_knows_which_is_meant()
    {
        const string Text = "public void Add() { lock ([|_prices|]) { _count++; } }";
        return Check.Fix<MonitorOfTrackedLock, EnterScopeFix>(Text, Text);
    }
}
