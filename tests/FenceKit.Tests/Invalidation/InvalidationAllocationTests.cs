// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Nothing is allocated in steady state: exact bytes of the thread. Alone, because the pooled nodes belong to the process.</summary>
[Collection(AloneCollection.Name)]
public class InvalidationAllocationTests
{
    private static readonly AddressRange s_range = new(0, 10);

    private readonly InvalidationNotifier _notifier = new("arena");

    [Fact] // Scenario 26.
    public void A_million_schedules_allocate_nothing()
    {
        _notifier.Subscribe(s_range, new FakeDevice(), "device");
        Assert.Equal(0, Allocation.Of(ScheduleAndCommit, rounds: 1_000_000));
        Assert.Equal(1_003_000, _notifier.GetStatistics().Committed);
    }

    [Fact]
    public void Schedules_over_one_and_over_many_stripes_of_the_ledger_allocate_nothing()
    {
        _notifier.Subscribe(AddressRange.All, new FakeDevice(), "device");
        _notifier.Ledger.Divide([s_range]);
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (ulong place = 0; place < 16; place++)
            {
                _notifier.TrySchedule(AddressRange.FromLength(place * 16, 10), InvalidationReason.Discard, out InvalidationSession narrow);
                _notifier.TrySchedule(AddressRange.FromLength(place * 1_024, 1_000), InvalidationReason.Discard, out InvalidationSession wide);
                narrow.Commit();
                wide.BackOff();
            }
        }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(64)]
    public void A_schedule_of_any_number_of_subscribers_allocates_nothing_once_the_session_has_grown(int subscribers)
    {
        FakeDevice[] devices = [.. Enumerable.Range(0, subscribers).Select(_ => new FakeDevice(DeviceAnswer.Pending))];
        Array.ForEach(devices, device => _notifier.Subscribe(s_range, device, "device"));
        PendingInvalidation[] pending = new PendingInvalidation[64];
        Assert.Equal(0, Allocation.Of(() =>
        {
            _notifier.TrySchedule(s_range, InvalidationReason.Discard, out InvalidationSession session);
            session.CopyPending(pending);
            foreach (FakeDevice device in devices)
            {
                device.Finish();
            }

            session.Wait(TimeSpan.FromSeconds(1));
            session.Commit();
        }));
    }

    [Fact]
    public void A_back_off_and_a_refusal_allocate_nothing()
    {
        FakeDevice device = new(DeviceAnswer.Pending);
        _notifier.Subscribe(s_range, device, "device");
        Assert.Equal(0, Allocation.Of(() =>
        {
            _notifier.TrySchedule(s_range, InvalidationReason.Discard, out InvalidationSession session);
            session.TryWait();
            session.BackOff();
            device.Finish();
        }));

        device.Answer = DeviceAnswer.Refuse;
        Assert.Equal(0, Allocation.Of(() => _notifier.TrySchedule(s_range, InvalidationReason.Discard, out _)));
    }

    [Fact]
    public void Reading_and_publishing_allocate_nothing()
    {
        InvalidationSubscription subscription = _notifier.Subscribe(s_range, new FakeDevice(), "device");
        Assert.Equal(0, Allocation.Of(() =>
        {
            subscription.TryBeginRead(s_range, out InvalidationSequence sequence);
            subscription.MustRetry(sequence);
            if (subscription.TryPopulate(sequence, out PopulateScope scope))
            {
                scope.Dispose();
            }
        }));
    }

    [Fact]
    public void A_reader_that_is_held_back_allocates_nothing()
    {
        InvalidationSubscription subscription = _notifier.Subscribe(s_range, new FakeDevice(), "device");
        _notifier.TrySchedule(s_range, InvalidationReason.Discard, out InvalidationSession session);
        Assert.Equal(0, Allocation.Of(
            () => subscription.BeginRead(s_range, TimeSpan.FromTicks(1), out _), warmUp: 30, rounds: 30));
        session.BackOff();
    }

#if !DEBUG // Without optimization the compiler makes an object of every async call.
    [Fact]
    public void Waiting_without_a_thread_allocates_nothing_in_the_whole_process()
    {
        const int Rounds = 2_000;
        FakeDevice device = new(DeviceAnswer.Pending);
        _notifier.Subscribe(s_range, device, "device");
        long bytes = Limit.On(Task.Run(async () =>
        {
            await RoundsAsync();
            await RoundsAsync();
            long least = long.MaxValue;
            for (int block = 0; block < 5; block++)
            {
                long before = GC.GetTotalAllocatedBytes(precise: true);
                await RoundsAsync();
                least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            }

            return least;
        }));

        // One object a round would be 48,000 bytes in every block; the test runner itself allocates now and then.
        Assert.InRange(bytes, 0, 24_000);

        async Task RoundsAsync()
        {
            for (int i = 0; i < Rounds; i++)
            {
                _notifier.TrySchedule(s_range, InvalidationReason.Discard, out InvalidationSession session);
                ValueTask<InvalidationOutcome> wait = session.WaitAsync(TimeSpan.FromSeconds(10));
                device.Finish();
                Assert.True(await wait == InvalidationOutcome.Completed);
                session.Commit();
            }
        }
    }
#endif

    private void ScheduleAndCommit()
    {
        _notifier.TrySchedule(s_range, InvalidationReason.Discard, out InvalidationSession session);
        session.Commit();
    }
}
