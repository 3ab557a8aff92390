// SPDX-License-Identifier: MIT
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests;

public class InMemoryTransportTests
{
    private readonly WorldClock _clock = new();

    [Fact]
    public void Without_faults_everything_arrives_once_and_in_order()
    {
        List<byte> received = Run(new InMemoryTransportOptions { IsStepped = true, TimeProvider = _clock });
        Assert.Equal(Enumerable.Range(0, 200).Select(number => (byte)number), received);
    }

    [Fact]
    public void Faults_come_as_the_seed_says()
    {
        List<byte> first = Run(WithFaults(seed: 3));
        Assert.Equal(first, Run(WithFaults(seed: 3)));
        Assert.NotEqual(first, Run(WithFaults(seed: 4)));
        Assert.True(first.Distinct().Count() < 200, "some are lost");
        Assert.True(first.Distinct().Count() < first.Count, "some come twice");
        Assert.False(first.SequenceEqual(first.Order()), "some overtake others");
    }

    [Fact]
    public void A_cut_is_in_one_direction()
    {
        using InMemoryTransport transport = new(new InMemoryTransportOptions { IsStepped = true, TimeProvider = _clock });
        InMemoryConnection one = transport.Connect("one"), other = transport.Connect("other");
        int toOne = 0, toOther = 0;
        _ = one.SubscribeAsync("one", _ => toOne++).AsTask();
        _ = other.SubscribeAsync("other", _ => toOther++).AsTask();
        one.IsReceivingCut = true;
        Assert.False(one.IsConnected);
        Assert.True(one.TrySend("other", [1]));
        Assert.True(other.TrySend("one", [1]));
        transport.DeliverDue();
        Assert.Equal((0, 1), (toOne, toOther));
        one.IsReceivingCut = false;
        one.IsSendingCut = true;
        Assert.False(one.TrySend("other", [1]));
        Assert.True(other.TrySend("one", [1]));
        transport.DeliverDue();
        Assert.Equal((1, 1), (toOne, toOther));
    }

    [Fact]
    public async Task Who_listens_no_longer_receives_nothing()
    {
        using InMemoryTransport transport = new(new InMemoryTransportOptions { IsStepped = true, TimeProvider = _clock });
        InMemoryConnection connection = transport.Connect("one");
        int received = 0;
        IAsyncDisposable subscription = await connection.SubscribeAsync("channel", _ => received++);
        connection.TrySend("channel", [1]);
        await subscription.DisposeAsync();
        connection.TrySend("channel", [1]);
        transport.DeliverDue();
        Assert.Equal(0, received);
        Assert.Equal(0, transport.InFlight);
    }

    [Fact]
    public void Rates_and_delays_that_are_none_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryTransport(new InMemoryTransportOptions { LossRate = 1.1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryTransport(new InMemoryTransportOptions { RepeatRate = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryTransport(new InMemoryTransportOptions { MinimumDelay = TimeSpan.FromSeconds(1) }));
    }

    private InMemoryTransportOptions WithFaults(int seed) => new()
    {
        Seed = seed, LossRate = 0.1, RepeatRate = 0.1, MaximumDelay = TimeSpan.FromSeconds(1), IsStepped = true, TimeProvider = _clock,
    };

    private List<byte> Run(InMemoryTransportOptions options)
    {
        using InMemoryTransport transport = new(options);
        InMemoryConnection connection = transport.Connect("one");
        List<byte> received = [];
        _ = connection.SubscribeAsync("channel", message => received.Add(message[0])).AsTask();
        for (int number = 0; number < 200; number++)
        {
            connection.TrySend("channel", [(byte)number]);
        }

        for (int step = 0; step < 20; step++)
        {
            _clock.Advance(TimeSpan.FromSeconds(0.1));
            transport.DeliverDue();
        }

        Assert.Equal(0, transport.InFlight);
        return received;
    }
}
