// SPDX-License-Identifier: MIT
using System.Runtime.ExceptionServices;
using FenceKit.Lockdep;
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests;

/// <summary>
/// Thread.Interrupt ends the next sleep of a thread by an exception. What is said never to block does not throw for it, also while somebody else is under the same
/// gate, and the interrupt stays for the thread's next wait of its own.
/// </summary>
public sealed class InterruptTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly HeldClock _clock = new();
    private readonly InvalidationNotifier _notifier = new("owner");
    private readonly HeldTransport _transport = new();
    private readonly RemoteInvalidationOwner _owner;

    public InterruptTests()
    {
        RemoteOwnerOptions options = new() { Grace = TimeSpan.Zero, TimeProvider = _clock };
        _owner = new RemoteInvalidationOwner(_notifier, KeySpace.All, _transport, "domain", options, isStepped: true);
    }

    public void Dispose()
    {
        _notifier.Dispose();
        _clock.Dispose();
    }

    [Fact]
    public void A_schedule_of_an_interrupted_thread_is_whole()
    {
        InvalidationSession session = default;
        WhileTheGateIsHeld(() => Assert.True(_notifier.TrySchedule(Scene.Range, InvalidationReason.Discard, out session)));
        Assert.Equal(1, _owner.GetStatistics().Open);
        session.BackOff();
        Assert.Equal(0, _owner.GetStatistics().Open);
    }

    [Fact]
    public void The_end_of_a_session_by_an_interrupted_thread_is_whole()
    {
        Assert.True(_notifier.TrySchedule(Scene.Range, InvalidationReason.Discard, out InvalidationSession session));
        WhileTheGateIsHeld(session.Commit);
        Assert.Equal(0, _owner.GetStatistics().Open);
        Assert.Equal(1, _notifier.GetStatistics().Committed);
    }

    [Fact]
    public void An_interrupted_thread_may_look()
    {
        int nodes = -1;
        WhileTheGateIsHeld(() => nodes = _owner.CopyNodes([]) + _owner.GetStatistics().Nodes + (_owner.IsInGrace ? 1 : 0));
        Assert.Equal(0, nodes);
    }

    [Fact]
    public void What_an_interrupted_thread_of_the_transport_brings_is_taken()
    {
        RemoteInvalidationNode node = new(new InvalidationNotifier("node"), KeySpace.All, _transport, "domain", options: null, isStepped: true);
        node.Pump();
        HeldMessage join = Assert.Single(_transport.Held);
        WhileTheGateIsHeld(() => _transport.Bring(join));
        Assert.Equal(1, _owner.CopyNodes([]));
        OnThread(() =>
        {
            Thread.CurrentThread.Interrupt();
            _transport.Bring(Assert.Single(_transport.Held));
            AssertStillInterrupted();
        }).Join();
        node.Pump();
        Assert.True(node.IsLeased);
    }

    [Fact]
    public void A_transport_that_throws_for_an_interrupt_loses_the_message_and_not_the_interrupt() => OnThread(() =>
    {
        RemoteInvalidationNode node = new(new InvalidationNotifier("node"), KeySpace.All, new SleepyTransport(), "domain", options: null, isStepped: true);
        Thread.CurrentThread.Interrupt();
        node.Pump();
        AssertStillInterrupted();
        Assert.Equal(1, node.GetStatistics().TransportFaults);
    }).Join();

    /// <summary>Another thread is under the owner's gate, and stays there, because the clock that it looks at does not answer.</summary>
    private void WhileTheGateIsHeld(Action call)
    {
        _clock.Hold();
        Joinable holder = OnThread(() => _owner.CopyNodes([]));
        Assert.True(_clock.IsAsked(s_limit));
        Joinable interrupted = OnThread(() =>
        {
            // An interrupt is an exception, and is allocated: the one thing that a schedule does then beyond its contract.
            using LockSectionScope asked = FenceContract.IsChecked ? LockValidator.Default.Suppress("an interrupt is an exception") : default;
            Thread.CurrentThread.Interrupt();
            call();
            AssertStillInterrupted();
        });
        interrupted.UntilBlocked();
        _clock.Release();
        interrupted.Join();
        holder.Join();
    }

    private static void AssertStillInterrupted() => Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(0));

    private static Joinable OnThread(Action body) => new(body);

    private sealed class Joinable
    {
        private readonly Thread _thread;
        private ExceptionDispatchInfo? _failure;

        internal Joinable(Action body)
        {
            _thread = new Thread(() =>
            {
                try
                {
                    body();
                }
                catch (Exception error)
                {
                    _failure = ExceptionDispatchInfo.Capture(error);
                }
            }) { IsBackground = true };
            _thread.Start();
        }

        /// <summary>Until it sleeps, or has ended.</summary>
        internal void UntilBlocked() =>
            Assert.True(SpinWait.SpinUntil(() => (_thread.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) != 0, s_limit));

        internal void Join()
        {
            Assert.True(_thread.Join(s_limit));
            _failure?.Throw();
        }
    }

    /// <summary>A clock that does not answer the next who asks until it is told to.</summary>
    private sealed class HeldClock : TimeProvider, IDisposable
    {
        private readonly ManualResetEventSlim _asked = new(false);
        private readonly ManualResetEventSlim _mayAnswer = new(true);
        private int _isHolding;

        public override long GetTimestamp()
        {
            if (Interlocked.Exchange(ref _isHolding, 0) != 0)
            {
                _asked.Set();
                _mayAnswer.Wait(s_limit);
            }

            return 0;
        }

        public void Dispose()
        {
            _asked.Dispose();
            _mayAnswer.Dispose();
        }

        internal void Hold()
        {
            _asked.Reset();
            _mayAnswer.Reset();
            Volatile.Write(ref _isHolding, 1); // pairs with the exchange of who asks
        }

        internal bool IsAsked(TimeSpan limit) => _asked.Wait(limit);

        internal void Release() => _mayAnswer.Set();
    }

    private sealed class SleepyTransport : IInvalidationTransport
    {
        public bool IsConnected => true;

        public bool TrySend(string channel, ReadOnlySpan<byte> message)
        {
            Thread.Sleep(0); // as a lock of the engine's client that is held by somebody else
            return true;
        }

        public ValueTask<IAsyncDisposable> SubscribeAsync(
            string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken = default) =>
            new InMemoryTransport().Connect("nobody").SubscribeAsync(channel, receive, cancellationToken);
    }
}
