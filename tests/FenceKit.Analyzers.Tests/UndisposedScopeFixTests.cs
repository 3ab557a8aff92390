// SPDX-License-Identifier: MIT
using FenceKit.Analyzers.CodeFixes;

namespace FenceKit.Analyzers.Tests;

public class UndisposedScopeFixTests
{
    [Fact]
    public Task What_follows_the_refusal_comes_into_the_using() => Check.Fix<UndisposedScope, DisposeScopeFix>("""
            public bool Evict(AddressRange range)
            {
                if (![|_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session)|])
                {
                    return false;
                }

                if (session.Wait(s_budget) != InvalidationOutcome.Completed)
                {
                    return false;
                }

                session.Commit();
                return true;
            }
        """, """
            public bool Evict(AddressRange range)
            {
                if (!_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session))
                {
                    return false;
                }

                using (session)
                {
                    if (session.Wait(s_budget) != InvalidationOutcome.Completed)
                    {
                        return false;
                    }

                    session.Commit();
                    return true;
                }
            }
        """);

    [Fact]
    public Task So_does_the_branch_of_the_success() => Check.Fix<UndisposedScope, DisposeScopeFix>("""
            public void Read(AddressRange range)
            {
                if ([|_gate.TryEnter(range, out ReaderScope scope)|])
                {
                    _count++;
                }
            }
        """, """
            public void Read(AddressRange range)
            {
                if (_gate.TryEnter(range, out ReaderScope scope))
                {
                    using (scope)
                    {
                        _count++;
                    }
                }
            }
        """);

    [Fact]
    public Task A_declaration_becomes_one_of_using() => Check.Fix<UndisposedScope, DisposeScopeFix>("""
            public void Read()
            {
                ReaderScope first = [|_gate.Enter()|];
                // The second one.
                ReaderScope second = [|_gate.Enter()|];
                _count++;
            }
        """, """
            public void Read()
            {
                using ReaderScope first = _gate.Enter();
                // The second one.
                using ReaderScope second = _gate.Enter();
                _count++;
            }
        """);

    [Theory]
    [InlineData("[|_gate.Enter()|];")]
    [InlineData("_ = [|_gate.Enter()|];")]
    public Task What_follows_a_scope_that_was_dropped_comes_into_it(string dropped) => Check.Fix<UndisposedScope, DisposeScopeFix>($$"""
            public void Read()
            {
                {{dropped}}
                _count++;
            }
        """, """
            public void Read()
            {
                using (_gate.Enter())
                {
                    _count++;
                }
            }
        """);
}
