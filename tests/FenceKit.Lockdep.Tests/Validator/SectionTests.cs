// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Validator;

public sealed class SectionTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly Bench _bench = new();

    private LockValidator Validator => _bench.Validator;

    [Fact]
    public void A_wait_in_a_section_that_must_not_wait_is_reported()
    {
        using (Validator.EnterNoWaitSection())
        {
            Validator.Wait(_bench["Fence"]);
        }

        _bench.Single(LockViolationKind.WaitInSection);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_lock_of_such_a_section_must_never_be_held_over_a_wait(bool sectionFirst)
    {
        if (sectionFirst)
        {
            Section();
            OverWait();
        }
        else
        {
            OverWait();
            Section();
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.WaitInSection).Confidence);

        void Section()
        {
            using (Validator.EnterNoWaitSection())
            {
                _bench.Nest("A");
            }
        }

        void OverWait()
        {
            Validator.Acquire(_bench["A"]);
            Validator.Wait(_bench["Fence"]);
            Validator.Release(_bench["A"]);
        }
    }

    [Fact]
    public void Nor_may_it_lead_to_a_lock_that_is()
    {
        using (Validator.EnterNoWaitSection())
        {
            _bench.Nest("A");
        }

        _bench.Nest("A", "B");
        Assert.Empty(_bench.Reports);
        Validator.Acquire(_bench["B"]);
        Validator.Wait(_bench["Fence"]);
        Assert.Equal(["A", "B"], _bench.Single(LockViolationKind.WaitInSection).ClassNames);
    }

    [Fact]
    public void An_await_in_the_section_is_no_finding_and_what_is_held_over_one_has_no_place_in_it()
    {
        using (Validator.EnterNoWaitSection())
        {
            Validator.Await(_bench["Fence"]);
            _bench.Nest("A");
        }

        Assert.Empty(_bench.Reports);
        Validator.Acquire(_bench["A"]);
        Validator.Await(_bench["Fence"]);
        Validator.Release(_bench["A"]);
        _bench.Single(LockViolationKind.WaitInSection);
    }

    [Fact]
    public void Outside_the_section_and_after_it_waiting_is_allowed()
    {
        using (Validator.EnterNoWaitSection())
        {
            Validator.Acquire(_bench["A"], new LockAcquireOptions { Attempt = LockAttempt.Try });
            Validator.Release(_bench["A"]);
        }

        Validator.Acquire(_bench["A"]);
        Validator.Wait(_bench["Fence"]);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void An_allocation_in_a_section_that_must_not_allocate_is_measured()
    {
        object? kept;
        using (Validator.EnterNoAllocationSection())
        {
            kept = new byte[1000];
        }

        GC.KeepAlive(kept);
        Assert.Contains("1024 bytes", _bench.Single(LockViolationKind.AllocationInSection).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(600, true)]
    public void What_the_runtime_allocates_when_a_lock_is_first_contended_is_not_counted(int length, bool isReported)
    {
        Lock contended = new();
        Thread? user = null;
        byte[]? kept = null;
        using ManualResetEventSlim isInside = new();
        lock (contended)
        {
            user = new Thread(() =>
            {
                using (Validator.EnterNoAllocationSection())
                {
                    isInside.Set();
                    lock (contended)
                    {
                        kept = length > 0 ? new byte[length] : null;
                    }
                }
            });
            user.Start();
            Assert.True(isInside.Wait(s_patience));
            Assert.True(SpinWait.SpinUntil(() => (user.ThreadState & ThreadState.WaitSleepJoin) != 0, s_patience));
        }

        Assert.True(user.Join(s_patience));
        Assert.Equal(isReported ? 1 : 0, _bench.Reports.Count);
        GC.KeepAlive(kept);
    }

    [Fact]
    public void A_little_that_is_allocated_each_time_under_a_lock_is_reported_once_the_runtime_cannot_be_the_reason()
    {
        byte[]? kept = null;
        int times = 0;
        for (; _bench.Reports.Count == 0 && times < 10; times++)
        {
            kept = AllocateUnder(_bench["A"]);
        }

        Assert.InRange(times, 3, 4); // two of the lock's, and one of this thread's if it has not had it
        kept = AllocateUnder(_bench["B"]);
        kept = AllocateUnder(_bench["B"]);
        Assert.Single(_bench.Reports);
        GC.KeepAlive(kept);

        byte[] AllocateUnder(LockMap map)
        {
            Validator.Acquire(map);
            using (Validator.EnterNoAllocationSection())
            {
                kept = new byte[10];
            }

            Validator.Release(map);
            return kept;
        }
    }

    [Fact]
    public void A_little_that_one_thread_allocates_again_and_again_is_reported_though_it_holds_nothing()
    {
        byte[]? kept = null;
        int times = 0;
        for (; _bench.Reports.Count == 0 && times < 10; times++)
        {
            using (Validator.EnterNoAllocationSection())
            {
                kept = new byte[100];
            }
        }

        Assert.Equal(3, times);
        GC.KeepAlive(kept);
    }

    [Fact]
    public void Bytes_are_not_counted_where_that_is_switched_off_and_announcements_still_are()
    {
        Bench bench = new(measureAllocation: false);
        object? kept;
        using (bench.Validator.EnterNoAllocationSection())
        {
            kept = new byte[1000];
        }

        GC.KeepAlive(kept);
        Assert.Empty(bench.Reports);
        using (bench.Validator.EnterNoAllocationSection())
        {
            bench.Validator.MightAllocate();
        }

        bench.Single(LockViolationKind.AllocationInSection);
    }

    [Fact]
    public void What_the_validator_allocates_is_not_counted()
    {
        LockMap a = _bench["A"];
        LockMap b = _bench["B"];
        using (Validator.EnterNoAllocationSection())
        {
            Validator.Acquire(a);
            Validator.Acquire(b);
            Validator.Release(b);
            Validator.Release(a);
        }

        Assert.Empty(_bench.Reports);
        Assert.Single(Validator.GetDependencies());
    }

    [Fact]
    public void What_may_allocate_is_reported_even_when_it_does_not()
    {
        Validator.MightAllocate();
        Assert.Empty(_bench.Reports);
        using (Validator.EnterNoAllocationSection())
        {
            Validator.MightAllocate();
        }

        Assert.Contains(_bench.Reports, static report => report.Message.Contains("may be allocated", StringComparison.Ordinal));
    }

    [Fact]
    public void Waiting_for_an_exclusive_context_under_a_lock_that_it_takes_is_a_cycle()
    {
        var screen = new ExclusiveContext("UI thread");
        using (Validator.EnterExclusive(screen))
        {
            using (Validator.EnterExclusive(screen))
            {
                _bench.Nest("A");
            }
        }

        Validator.Acquire(_bench["A"]);
        Validator.NeedExclusive(screen);
        Assert.Equal(["A", "UI thread"], _bench.Single(LockViolationKind.CircularDependency).ClassNames.Order());
    }

    [Fact]
    public void A_lock_still_held_at_the_end_of_its_context_is_reported()
    {
        InterruptingContext context = Validator.DefineContext("callback");
        using (Validator.EnterContext(context))
        {
            Validator.Acquire(_bench["A"]);
        }

        _bench.Single(LockViolationKind.UnexpectedlyHeld);
    }

    [Fact]
    public void A_context_of_another_validator_is_refused()
    {
        InterruptingContext foreign = new LockValidator().DefineContext("other");
        Assert.Equal("context", Assert.Throws<ArgumentException>(() => { Validator.EnterContext(foreign).Dispose(); }).ParamName);
        Assert.Equal("parent", Assert.Throws<ArgumentException>(() => { Validator.DefineContext("x", foreign); }).ParamName);
    }
}
