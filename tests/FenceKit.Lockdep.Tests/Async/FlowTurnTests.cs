// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace FenceKit.Lockdep.Tests.Async;

/// <summary>A thread that has been told of something looks at it before anything else counts, whatever it enters or leaves meanwhile.</summary>
public sealed class FlowTurnTests
{
    private readonly AsyncBench _bench = new();

    private readonly ExecutionContext _outside = ExecutionContext.Capture()!;

    private InterruptingContext? _context;

    private LockValidator Validator => _bench.Validator;

    [Theory]
    [InlineData("section")]
    [InlineData("suppressed")]
    [InlineData("context")]
    [InlineData("nothing")]
    public void A_thread_that_goes_on_with_another_flow_does_not_hold_what_the_last_one_has(string meanwhile)
    {
        LockMap map = new(_bench.Class("A"));
        ExecutionContext withoutLock = ExecutionContext.Capture()!;
        using LockHold hold = Validator.Hold(map, default(LockAcquireOptions));
        Assert.True(Validator.IsHeld(map));

        ExecutionContext.Run(withoutLock, _ =>
        {
            EnterAndLeave(meanwhile);
            Assert.False(Validator.IsHeld(map));
        }, null);

        EnterAndLeave(meanwhile);
        Assert.True(Validator.IsHeld(map));
        Assert.Empty(_bench.Reports);
    }

    [Theory]
    [InlineData("section")]
    [InlineData("suppressed")]
    [InlineData("context")]
    [InlineData("nothing")]
    public void A_lock_that_another_thread_lets_go_is_held_no_more(string meanwhile)
    {
        LockMap map = new(_bench.Class("A"));
        LockHold hold = Validator.Hold(map, default(LockAcquireOptions));
        Assert.True(Validator.IsHeld(map));
        var other = new Thread(hold.Dispose);
        other.UnsafeStart();
        other.Join();

        EnterAndLeave(meanwhile);

        Assert.False(Validator.IsHeld(map));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_lock_that_threads_have_from_one_flow_is_held_by_none_of_them_once_one_lets_it_go(bool isHandedOver)
    {
        LockMap map = new(_bench.Class("A"));
        LockHold hold = Validator.Hold(map, default(LockAcquireOptions));
        ExecutionContext context = isHandedOver ? _outside : ExecutionContext.Capture()!;
        using Barrier turn = new(3);
        var seen = new ConcurrentQueue<bool>();
        Thread[] others = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() => ExecutionContext.Run(context, _ =>
        {
            hold.Adopt(); // does nothing in its own flow
            seen.Enqueue(Validator.IsHeld(map));
            turn.SignalAndWait();
            turn.SignalAndWait();
            seen.Enqueue(Validator.IsHeld(map));
        }, null)))];
        Array.ForEach(others, static other => other.UnsafeStart());
        turn.SignalAndWait();
        hold.Dispose();
        turn.SignalAndWait();
        Array.ForEach(others, static other => other.Join());

        Assert.Equal([true, true, false, false], seen);
    }

    [Theory]
    [InlineData("the same")]
    [InlineData("another")]
    [InlineData("one that has never taken a lock")]
    [InlineData("another, when the first of them has been let go")]
    public void Locks_that_are_let_go_in_another_order_count_the_same_whichever_thread_goes_on(string thread)
    {
        LockMap a = new(_bench.Class("A"));
        LockMap b = new(_bench.Class("B"));
        LockMap c = new(_bench.Class("C"));
        LockHold first = Validator.Hold(a, default(LockAcquireOptions));
        LockHold second = Validator.Hold(b, default(LockAcquireOptions));
        ExecutionContext context = ExecutionContext.Capture()!;
        if (thread == "another, when the first of them has been let go")
        {
            first.Dispose();
        }

        if (thread == "the same")
        {
            GoOn();
        }
        else
        {
            var other = new Thread(() =>
            {
                if (thread == "another")
                {
                    Validator.Acquire(c);
                    Validator.Release(c);
                }

                ExecutionContext.Run(context, _ => GoOn(), null);
            });
            other.UnsafeStart();
            other.Join();
        }

        ExecutionContext.Run(_outside, _ =>
        {
            using (Validator.Hold(c, default(LockAcquireOptions)))
            using (Validator.Hold(b, default(LockAcquireOptions)))
            {
            }
        }, null);

        LockViolation report = Assert.Single(_bench.Reports);
        Assert.Equal(LockConfidence.Certain, report.Confidence);

        void GoOn()
        {
            first.Dispose();
            using (Validator.Hold(c, default(LockAcquireOptions)))
            {
            }

            second.Dispose();
        }
    }

    /// <summary>
    /// Both let a lock go that they had taken before one that they keep, and then want what the other one keeps. They never meet: to have what they have one needs the
    /// gate, which the other holds, and the other needs B. What they hold in the end does not say so.
    /// </summary>
    [Theory]
    [InlineData("the same")]
    [InlineData("another")]
    [InlineData("one that adopts what is kept")]
    [InlineData("another, and a third one lets go")]
    public void How_a_lock_came_to_be_held_goes_with_it_to_whichever_thread_goes_on(string thread)
    {
        LockMap gate = new(_bench.Class("gate"));
        LockMap b = new(_bench.Class("B"));
        LockMap c = new(_bench.Class("C"));
        ExecutionContext.Run(_outside, _ =>
        {
            LockHold first = Validator.Hold(gate, default(LockAcquireOptions));
            LockHold kept = Validator.Hold(b, default(LockAcquireOptions));
            LetGo(first, isElsewhere: thread == "another, and a third one lets go");
            GoOn(thread, kept, () => Validator.Hold(c, default(LockAcquireOptions)).Dispose());
        }, null);
        ExecutionContext.Run(_outside, _ =>
        {
            using (Validator.Hold(gate, default(LockAcquireOptions)))
            {
                LockHold first = Validator.Hold(b, default(LockAcquireOptions));
                using LockHold kept = Validator.Hold(c, default(LockAcquireOptions));
                first.Dispose();
                Validator.Hold(b, default(LockAcquireOptions)).Dispose();
            }
        }, null);

        Assert.Contains("B -> C", _bench.Edges);
        Assert.Contains("C -> B", _bench.Edges);
        Assert.DoesNotContain(_bench.Reports, static report => report.Confidence == LockConfidence.Certain);
    }

    private static void LetGo(LockHold hold, bool isElsewhere)
    {
        if (!isElsewhere)
        {
            hold.Dispose();
            return;
        }

        var other = new Thread(hold.Dispose);
        other.UnsafeStart();
        other.Join();
    }

    private void GoOn(string thread, LockHold kept, Action next)
    {
        ExecutionContext context = ExecutionContext.Capture()!;
        void Go() => ExecutionContext.Run(thread == "one that adopts what is kept" ? _outside : context, _ =>
        {
            kept.Adopt();
            next();
            kept.Dispose();
        }, null);
        if (thread == "the same")
        {
            Go();
            return;
        }

        var other = new Thread(Go);
        other.UnsafeStart();
        other.Join();
    }

    [Fact]
    public void What_is_written_into_the_context_under_a_lock_stays_when_the_lock_is_let_go()
    {
        var user = new AsyncLocal<string>();
        LockMap map = new(_bench.Class("A"));
        LockHold hold = Validator.Hold(map, default(LockAcquireOptions));
        user.Value = "written under the lock";
        hold.Dispose();

        Assert.Equal("written under the lock", user.Value);
        Assert.False(Validator.IsHeld(map));
        using (Validator.Hold(new LockMap(_bench.Class("B")), default(LockAcquireOptions)))
        {
        }

        Assert.Empty(_bench.Edges);
        Assert.Equal("written under the lock", user.Value);
    }

    [Fact]
    public void Letting_the_last_lock_go_leaves_the_very_context_that_was_there_so_that_the_next_await_costs_nothing()
    {
        ExecutionContext before = ExecutionContext.Capture()!;
        using (Validator.Hold(new LockMap(_bench.Class("A")), default(LockAcquireOptions)))
        using (Validator.Hold(new LockMap(_bench.Class("B")), default(LockAcquireOptions)))
        {
            Assert.NotSame(before, ExecutionContext.Capture());
        }

        Assert.Same(before, ExecutionContext.Capture());
    }

    [Fact]
    public void What_was_started_under_an_earlier_hold_of_a_lock_is_not_under_a_later_one()
    {
        LockMap map = new(_bench.Class("A"));
        ExecutionContext started;
        using (Validator.Hold(map, default(LockAcquireOptions)))
        {
            started = ExecutionContext.Capture()!;
        }

        using (Validator.Hold(map, default(LockAcquireOptions)))
        {
            bool isHeld = true;
            ExecutionContext.Run(started, _ => isHeld = Validator.IsHeld(map), null);
            Assert.False(isHeld); // so a context of one hold cannot serve the next
            Assert.True(Validator.IsHeld(map));
        }
    }

    private void EnterAndLeave(string what)
    {
        switch (what)
        {
            case "section":
                Validator.EnterNoWaitSection().Dispose();
                break;
            case "suppressed":
                Validator.Suppress("a test").Dispose();
                break;
            case "context":
                Validator.EnterContext(_context ??= Validator.DefineContext("callback")).Dispose();
                break;
        }
    }
}
