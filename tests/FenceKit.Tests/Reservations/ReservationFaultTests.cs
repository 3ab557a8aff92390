// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Reservations;

/// <summary>Who waits for a resource late hears of what failed as who waited early does, until somebody writes it anew.</summary>
public sealed class ReservationFaultTests : IDisposable
{
    private static readonly InvalidOperationException s_error = new("decode failed");

    private readonly FenceReservation _reservation = new(new WoundWaitLock(new WoundWaitClass("buffers")));
    private readonly FenceTimeline _writer = new("writer");
    private readonly FenceTimeline _reader = new("reader");

    public void Dispose()
    {
        if (_reservation.Lock.IsHeld)
        {
            _reservation.Lock.Unlock();
        }
    }

    [Fact]
    public async Task The_late_hear_what_the_early_hear()
    {
        Fence write = Add(_writer.Issue(), FenceUsage.Write);
        Task<FenceStatus> early = Task.Run(() => _reservation.Wait(FenceUsage.Write, Limit.Time));
        FenceSetAwaitable earlyAsync = _reservation.WaitAsync(FenceUsage.Write, Limit.Time);

        _writer.Signal(write, s_error);

        Assert.Equal(FenceStatus.Faulted, await Limit.OnAsync(early));
        Assert.Equal(FenceStatus.Faulted, (await earlyAsync).Status);
        Assert.Equal(FenceStatus.Faulted, _reservation.Wait(FenceUsage.Write, TimeSpan.Zero));
        FenceWaitResult late = await _reservation.WaitAsync(FenceUsage.Read, TimeSpan.Zero);
        Assert.Equal((FenceStatus.Faulted, s_error), (late.Status, late.Error));
        Assert.True(_reservation.IsSignaled(FenceUsage.Read)); // nobody has to wait for it
        Assert.Equal(0, _reservation.CopyFences(FenceUsage.Read, new Fence[4]));
    }

    [Fact]
    public void A_failure_of_a_weaker_usage_is_not_that_of_a_stronger_one()
    {
        _reader.Signal(Add(_reader.Issue(), FenceUsage.Read), s_error);
        Assert.Equal(FenceStatus.Signaled, _reservation.Wait(FenceUsage.Write, TimeSpan.Zero));
        Assert.Equal(FenceStatus.Faulted, _reservation.Wait(FenceUsage.Read, TimeSpan.Zero));
    }

    [Fact]
    public void A_failure_stays_while_room_is_made_and_readers_come_and_go()
    {
        _writer.Signal(Add(_writer.Issue(), FenceUsage.Write), s_error);
        for (int i = 0; i < 20; i++)
        {
            _reader.Signal(Add(_reader.Issue(), FenceUsage.Read));
        }

        Add(_reader.Issue(), FenceUsage.Read);
        Assert.Equal(FenceStatus.Pending, _reservation.Wait(FenceUsage.Read, TimeSpan.Zero));
        Assert.Equal(FenceStatus.Faulted, _reservation.Wait(FenceUsage.Write, TimeSpan.Zero));
        Assert.Equal(2, _reservation.Count);
    }

    [Fact]
    public void A_later_fence_of_the_same_timeline_does_not_hide_the_failure()
    {
        _writer.Signal(Add(_writer.Issue(), FenceUsage.Write), s_error);
        _writer.Signal(Add(_writer.Issue(), FenceUsage.Read));
        Assert.Equal(FenceStatus.Faulted, _reservation.Wait(FenceUsage.Write, TimeSpan.Zero));
    }

    [Fact]
    public void A_fence_that_has_failed_before_it_is_added_counts_too()
    {
        Fence write = _writer.Issue();
        _writer.Signal(write, s_error);
        Add(write, FenceUsage.Write);
        Assert.Equal(FenceStatus.Faulted, _reservation.Wait(FenceUsage.Read, TimeSpan.Zero));
    }

    [Fact]
    public void Who_writes_anew_ends_the_failure()
    {
        _writer.Signal(Add(_writer.Issue(), FenceUsage.Write), s_error);
        FenceTimeline other = new("other");
        Fence write = Add(other.Issue(), FenceUsage.Write);
        Assert.Equal(FenceStatus.Pending, _reservation.Wait(FenceUsage.Read, TimeSpan.Zero));
        other.Signal(write);
        Assert.Equal(FenceStatus.Signaled, _reservation.Wait(FenceUsage.Read, TimeSpan.Zero));
    }

    [Fact]
    public void What_failed_can_be_forgotten_and_replaced()
    {
        _writer.Signal(Add(_writer.Issue(), FenceUsage.Write), s_error);
        _reader.Signal(Add(_reader.Issue(), FenceUsage.Read), s_error);
        Assert.Throws<InvalidOperationException>(() => _reservation.ForgetFaults());
        Assert.True(_reservation.Lock.TryLock());
        Assert.True(_reservation.Replace(_writer.GetFence(1), default, FenceUsage.Write));
        Assert.Equal(FenceStatus.Signaled, _reservation.Wait(FenceUsage.Write, TimeSpan.Zero));
        Assert.Equal(1, _reservation.ForgetFaults());
        Assert.Equal(0, _reservation.ForgetFaults());
        Assert.Equal(FenceStatus.Signaled, _reservation.Wait(FenceUsage.Bookkeep, TimeSpan.Zero));
        Assert.Equal(0, _reservation.Count);
    }

    [Fact]
    public void Failures_of_one_timeline_take_one_entry()
    {
        for (int i = 0; i < 30; i++)
        {
            _writer.Signal(Add(_writer.Issue(), i == 7 ? FenceUsage.Kernel : FenceUsage.Read), new InvalidOperationException($"{i}"));
        }

        Assert.True(_reservation.Lock.TryLock());
        _reservation.Reserve(100);
        Assert.Equal(1, _reservation.Count);
        Assert.Equal(FenceStatus.Faulted, _reservation.Wait(FenceUsage.Kernel, TimeSpan.Zero)); // the strongest usage of those that failed
    }

    [Fact]
    public void An_outcome_that_nobody_knows_any_more_is_not_success()
    {
        FenceTimeline forgetful = new("forgetful", new FenceTimelineOptions { RetainedFaults = 1 });
        forgetful.Signal(Add(forgetful.Issue(), FenceUsage.Write), s_error);
        forgetful.Signal(forgetful.Issue(), new InvalidOperationException("later"));
        Assert.Equal(FenceStatus.Retired, _reservation.Wait(FenceUsage.Write, TimeSpan.Zero));
    }

    [Fact]
    public void One_fence_for_all_has_the_outcome_of_all()
    {
        using FenceArray array = new("all", 4);
        _writer.Signal(Add(_writer.Issue(), FenceUsage.Write), s_error);
        Assert.True(_reservation.TryGetSingleton(FenceUsage.Read, array, out Fence single));
        Assert.Same(s_error, single.Error);

        Fence read = Add(_reader.Issue(), FenceUsage.Read);
        Assert.True(_reservation.TryGetSingleton(FenceUsage.Read, array, out Fence both));
        Assert.Equal(FenceStatus.Pending, both.Wait(TimeSpan.Zero));
        _reader.Signal(read);
        both.TryPoll();
        Assert.Same(s_error, both.Error);
    }

    private Fence Add(Fence fence, FenceUsage usage)
    {
        Assert.True(_reservation.Lock.TryLock());
        _reservation.Reserve(1);
        _reservation.Add(fence, usage);
        _reservation.Lock.Unlock();
        return fence;
    }
}
