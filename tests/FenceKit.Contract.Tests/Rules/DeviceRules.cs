// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>While a device's worker calls into the driver, it is on the way to the signals of its commands, without a word from the driver.</summary>
public class DeviceRules : ContractTest
{
    private static readonly DeviceQueueOptions s_inline = new() { Dispatch = DeviceDispatch.Inline, HangTimeout = Timeout.InfiniteTimeSpan };

    [Fact]
    public void A_driver_that_takes_a_lock_which_is_held_over_the_wait_for_its_command_is_reported()
    {
        TrackedLock shared = Lock("shared");
        DeviceQueue<int> queue = new("copy", new ScriptedDriver { OnStart = () => TakeAndLeave(shared) }, s_inline);

        Fence fence = Submit(queue);
        using (shared.EnterScope())
        {
            fence.Wait();
        }

        Reported(LockViolationKind.CircularDependency, "fence copy", "shared");
    }

    [Fact]
    public async Task So_is_one_that_a_flow_holds_while_it_awaits_the_command()
    {
        LockMap shared = new(LockClass.Create("shared"));
        ScriptedDriver driver = new()
        {
            OnStart = () =>
            {
                Validator.Acquire(shared);
                Validator.Release(shared);
            },
        };
        DeviceQueue<int> queue = new("copy", driver, s_inline);

        Fence fence = Submit(queue);
        using (Validator.Hold(shared, default))
        {
            await fence;
        }

        Reported(LockViolationKind.CircularDependency, "fence copy", "shared");
    }

    [Fact]
    public void A_driver_that_takes_a_lock_of_its_own_is_silent()
    {
        TrackedLock own = Lock("own");
        DeviceQueue<int> queue = new("copy", new ScriptedDriver { OnStart = () => TakeAndLeave(own) }, s_inline);

        Submit(queue).Wait();

        Silent();
    }

    [Fact]
    public async Task A_driver_that_takes_that_lock_when_it_is_closed_or_lost_is_silent()
    {
        TrackedLock shared = Lock("shared");
        ScriptedDriver driver = new() { OnEnd = () => TakeAndLeave(shared) };
        DeviceQueue<int> queue = new("copy", driver, s_inline);
        Fence fence = Submit(queue);
        using (shared.EnterScope())
        {
            fence.Wait();
        }

        queue.Lose(new InvalidOperationException("over"));
        await queue.DisposeAsync();

        Assert.Equal(2, driver.Ends);
        Silent();
    }

    [Fact]
    public void A_driver_that_takes_memory_from_a_reclaiming_pool_on_the_way_is_reported_alone()
    {
        DeviceQueueOptions exported = new() { Dispatch = DeviceDispatch.Inline, HangTimeout = Timeout.InfiniteTimeSpan, IsExported = true };
        DeviceQueue<int> queue = new("copy", new ScriptedDriver { OnStart = static () => FenceContract.MightAllocate() }, exported);

        Submit(queue);

        LockViolation report = Reported(LockViolationKind.CircularDependency, "fence copy", "memory reclaim", "invalidation");
        Assert.Contains("at rule 5: owner's table, reservation, reclaim, invalidation, wait", report.ToString(), StringComparison.Ordinal); // not a file of FenceKit's
        Assert.DoesNotContain("FenceAnnotations", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_that_is_attached_to_an_owner_is_checked_against_owners_without_being_told()
    {
        InvalidationNotifier notifier = new("pool");
        ScriptedDriver driver = new() { IsHolding = true };
        DeviceQueue<int> queue = new("copy", driver, s_inline);
        queue.Attach(notifier, s_range);

        Submit(queue); // at the device, so the schedule hands its fence out
        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        Silent();
        session.Dispose();
        driver.OnStart = static () => FenceContract.MightAllocate();
        Submit(queue);

        driver.CompleteAll();
        LockViolation report = Reported(LockViolationKind.CircularDependency, "fence copy", "memory reclaim", "invalidation");
        Assert.Contains("at rule 5: owner's table, reservation, reclaim, invalidation, wait", report.ToString(), StringComparison.Ordinal); // not a file of FenceKit's
        Assert.DoesNotContain("FenceAnnotations", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_that_drops_mappings_under_a_lock_which_is_held_over_an_invalidation_is_reported()
    {
        InvalidationNotifier notifier = new("pool");
        TrackedLock shared = Lock("shared");
        DeviceQueue<int> queue = new("copy", new ScriptedDriver { OnUnmap = () => TakeAndLeave(shared), Keeps = true }, s_inline);
        queue.Attach(notifier, s_range);

        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(TimeSpan.FromSeconds(90))); // the pump runs elsewhere
        using (shared.EnterScope())
        {
            session.Wait(TimeSpan.FromSeconds(90));
        }

        session.Commit();
        Reported(LockViolationKind.CircularDependency, "fence copy unmaps", "shared");
    }

    [Fact]
    public void The_thread_that_reports_for_the_device_says_so_itself()
    {
        TrackedLock shared = Lock("shared");
        ScriptedDriver driver = new() { IsHolding = true };
        DeviceQueue<int> queue = new("copy", driver, s_inline);
        Fence fence = Submit(queue);

        TakeAndLeave(shared);
        driver.CompleteAll(() => TakeAndLeave(shared));
        Silent();
        using (shared.EnterScope())
        {
            fence.Wait();
        }

        Reported(LockViolationKind.CircularDependency, "fence copy", "shared");
    }

    [Fact]
    public void Waiting_for_room_under_a_lock_that_the_driver_takes_is_reported_though_there_was_room()
    {
        TrackedLock shared = Lock("shared");
        DeviceQueue<int> queue = new("copy", new ScriptedDriver { OnStart = () => TakeAndLeave(shared) }, s_inline);

        Submit(queue);
        ValueTask<Fence> submit;
        DeviceQueue<int> other = new("copy", new ScriptedDriver(), s_inline); // of the same class, so that the lock is not taken twice here
        using (shared.EnterScope())
        {
            submit = other.SubmitAsync(2);
        }

        Assert.True(submit.IsCompletedSuccessfully);
        Reported(LockViolationKind.CircularDependency, "fence copy", "shared");
    }

    [Fact]
    public void Submitting_only_if_there_is_room_is_silent_under_that_lock()
    {
        TrackedLock shared = Lock("shared");
        DeviceQueue<int> queue = new("copy", new ScriptedDriver { OnStart = () => TakeAndLeave(shared) }, s_inline);

        Submit(queue);
        DeviceQueue<int> other = new("copy", new ScriptedDriver(), s_inline);
        using (shared.EnterScope())
        {
            Submit(other);
        }

        Silent();
    }

    private static Fence Submit(DeviceQueue<int> queue)
    {
        Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(1, out Fence fence));
        return fence;
    }

    private sealed class ScriptedDriver : DeviceDriver<int>
    {
        private readonly List<DeviceCommand<int>> _held = [];

        internal Action? OnStart { get; set; }

        internal Action? OnUnmap { get; init; }

        internal Action? OnEnd { get; init; }

        internal bool IsHolding { get; init; }

        internal bool Keeps { get; init; }

        internal int Ends { get; private set; }

        public override bool KeepsMappings => Keeps;

        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            OnStart?.Invoke();
            foreach (DeviceCommand<int> command in batch)
            {
                if (IsHolding)
                {
                    _held.Add(command);
                }
                else
                {
                    command.Complete();
                }
            }
        }

        public override int GetRanges(in int command, Span<AddressRange> ranges)
        {
            ranges[0] = s_range;
            return 1;
        }

        public override void Unmap(AddressRange range) => OnUnmap?.Invoke();

        public override void OnLost(Exception reason) => End();

        public override void Close() => End();

        internal void CompleteAll(Action? onTheWay = null)
        {
            foreach (DeviceCommand<int> command in _held)
            {
                using (command.BeginSignaling())
                {
                    onTheWay?.Invoke();
                }

                command.Complete();
            }
        }

        private void End()
        {
            Ends++;
            OnEnd?.Invoke();
        }
    }
}
