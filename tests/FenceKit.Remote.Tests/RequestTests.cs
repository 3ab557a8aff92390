// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests;

/// <summary>Whoever asks the owner hears when it is done, who is waited for, or that nobody answers.</summary>
public class RequestTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly AddressRange s_range = KeySpace.RangeOf("orders", "42");

    [Fact]
    public async Task A_request_is_a_session_that_was_committed()
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier notifier = new("owner");
        Recorder recorder = new();
        using InvalidationSubscription subscription = notifier.Subscribe(KeySpace.All, recorder, "recorder");
        await using RemoteInvalidationResponder responder = new(notifier, KeySpace.All, transport.Connect("owner"), "d");
        await using RemoteInvalidationRequester requester = new(transport.Connect("asker"), "d");
        RemoteInvalidationResult result = await requester.InvalidateAsync(s_range, s_limit);
        Assert.True(result.IsCompleted, result.ToString());
        Assert.Empty(result.Pending);
        Assert.Equal([(s_range, true)], recorder.Ended);
        Assert.Equal(1, responder.Completed);
    }

    [Fact]
    public async Task What_is_lost_is_asked_again_and_what_comes_twice_is_done_once()
    {
        using InMemoryTransport transport = new(new InMemoryTransportOptions { Seed = 3, LossRate = 0.4, RepeatRate = 0.6, MaximumDelay = TimeSpan.FromMilliseconds(2) });
        using InvalidationNotifier notifier = new("owner");
        Recorder recorder = new();
        using InvalidationSubscription subscription = notifier.Subscribe(KeySpace.All, recorder, "recorder");
        await using RemoteInvalidationResponder responder = new(notifier, KeySpace.All, transport.Connect("owner"), "d");
        await using RemoteInvalidationRequester requester = new(transport.Connect("asker"), "d");
        for (int round = 0; round < 30; round++)
        {
            Assert.True((await requester.InvalidateAsync(s_range, s_limit)).IsCompleted);
        }

        Assert.Equal(30, recorder.Ended.Count(ended => ended.IsCommitted));
    }

    [Fact]
    public async Task Who_is_waited_for_is_named_and_the_session_is_backed_off_when_the_budget_ends()
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier notifier = new("owner");
        Recorder recorder = new() { IsSlow = true };
        using InvalidationSubscription subscription = notifier.Subscribe(KeySpace.All, recorder, "slow\none");
        await using RemoteInvalidationResponder responder = new(notifier, KeySpace.All, transport.Connect("owner"), "d");
        await using RemoteInvalidationRequester requester = new(transport.Connect("asker"), "d");
        RemoteInvalidationResult result = await AskAsync(requester);
        Assert.Equal(InvalidationOutcome.Pending, result.Outcome);

        // On a busy machine the owner may not have ended the session of the last attempt, which is then named as well. No control characters.
        Assert.Equal(["slow\uFFFDone"], result.Pending.Where(static name => !name.StartsWith("an earlier invalidation of ", StringComparison.Ordinal)));
        Assert.Contains("slow", result.ToString(), StringComparison.Ordinal);
        while (notifier.ActiveSessions != 0)
        {
            await Task.Yield(); // on a busy machine the owner began later, so its budget ends later
        }

        recorder.Release();
        Assert.True((await requester.InvalidateAsync(s_range, s_limit)).IsCompleted);
        Assert.All(recorder.Ended[..^1], ended => Assert.False(ended.IsCommitted));
        Assert.True(recorder.Ended[^1].IsCommitted);
    }

    [Fact]
    public async Task Sessions_over_the_same_range_come_one_after_the_other_and_all_complete()
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier notifier = new("owner");
        Recorder recorder = new();
        using InvalidationSubscription subscription = notifier.Subscribe(KeySpace.All, recorder, "recorder");
        await using RemoteInvalidationResponder responder = new(notifier, KeySpace.All, transport.Connect("owner"), "d");
        await using RemoteInvalidationRequester requester = new(transport.Connect("asker"), "d");
        RemoteInvalidationResult[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            number => requester.InvalidateAsync(number % 2 == 0 ? s_range : KeySpace.RangeOfTag("orders"), s_limit).AsTask()));
        Assert.All(results, result => Assert.True(result.IsCompleted, result.ToString()));
        Assert.Equal(20, recorder.Ended.Count(ended => ended.IsCommitted));
    }

    [Fact]
    public async Task A_subscriber_that_fails_is_told_as_a_fault_with_its_name()
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier notifier = new("owner");
        Recorder recorder = new() { IsBroken = true };
        using InvalidationSubscription subscription = notifier.Subscribe(KeySpace.All, recorder, "broken");
        await using RemoteInvalidationResponder responder = new(notifier, KeySpace.All, transport.Connect("owner"), "d");
        await using RemoteInvalidationRequester requester = new(transport.Connect("asker"), "d");
        RemoteInvalidationResult result = await requester.InvalidateAsync(s_range, s_limit);
        Assert.Equal(InvalidationOutcome.Faulted, result.Outcome);
        Assert.Equal(["broken"], result.Pending);
        Assert.False(result.IsCompleted);
        Assert.False(default(RemoteInvalidationResult).IsCompleted); // what nobody made says nothing
    }

    [Fact]
    public async Task Nobody_who_answers_is_named_too_and_a_successor_answers_what_was_asked_before()
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier notifier = new("owner");
        await using RemoteInvalidationRequester requester = new(transport.Connect("asker"), "d");
        RemoteInvalidationResult nobody = await requester.InvalidateAsync(s_range, TimeSpan.FromMilliseconds(60));
        Assert.Equal((InvalidationOutcome.Pending, "owner of d"), (nobody.Outcome, Assert.Single(nobody.Pending)));
        Recorder recorder = new() { IsSlow = true };
        using InvalidationSubscription subscription = notifier.Subscribe(KeySpace.All, recorder, "slow");
        RemoteInvalidationResponder first = new(notifier, KeySpace.All, transport.Connect("owner"), "d");
        Task<RemoteInvalidationResult> asked = requester.InvalidateAsync(s_range, s_limit).AsTask();
        while (notifier.ActiveSessions == 0)
        {
            await Task.Yield();
        }

        await first.DisposeAsync();
        Assert.Equal(0, notifier.ActiveSessions); // nothing is left open
        recorder.Release();
        await using RemoteInvalidationResponder second = new(notifier, KeySpace.All, transport.Connect("successor"), "d");
        Assert.True((await asked).IsCompleted);
    }

    [Fact]
    public async Task The_nodes_of_a_domain_are_named_one_by_one()
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier notifier = new("owner"), local = new("node");
        InMemoryConnection connection = transport.Connect("node");
        await using RemoteInvalidationOwner owner = new(
            notifier, KeySpace.All, transport.Connect("owner"), "d", new RemoteOwnerOptions { Grace = TimeSpan.Zero, Lease = TimeSpan.FromMinutes(10) });
        await using RemoteInvalidationNode node = new(local, KeySpace.All, connection, "d", new RemoteNodeOptions { Name = "web-3" });
        await using RemoteInvalidationResponder responder = new(notifier, KeySpace.All, transport.Connect("responder"), "d");
        await using RemoteInvalidationRequester requester = new(transport.Connect("asker"), "d");
        Assert.True(await node.WaitForLeaseAsync(s_limit));
        connection.IsReceivingCut = true;
        Assert.Equal(["web-3"], (await AskAsync(requester)).Pending);
        connection.IsReceivingCut = false;
        Assert.True((await requester.InvalidateAsync(s_range, s_limit)).IsCompleted);
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_and_who_is_disposed_says_so()
    {
        using InMemoryTransport transport = new();
        RemoteInvalidationRequester requester = new(transport.Connect("asker"), "d");
        await Assert.ThrowsAsync<ArgumentException>(async () => await requester.InvalidateAsync(default, s_limit));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await requester.InvalidateAsync(s_range, TimeSpan.FromTicks(-1)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await requester.InvalidateAsync(s_range, TimeSpan.FromMinutes(11)));
        using CancellationTokenSource source = new();
        Task<RemoteInvalidationResult> canceled = requester.InvalidateAsync(s_range, s_limit, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        Task<RemoteInvalidationResult> waiting = requester.InvalidateAsync(s_range, s_limit).AsTask();
        await requester.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await requester.InvalidateAsync(s_range, s_limit));
    }

    [Fact]
    public void Nothing_but_a_request_or_an_answer_is_read_as_one()
    {
        ulong domain = new RemoteChannels("d").Domain;
        byte[] buffer = new byte[RequestMessage.MaxLength];
        int length = RequestMessage.WriteRequest(buffer, domain, 7, 9, TimeSpan.FromSeconds(1), s_range);
        byte[] request = buffer[..length];
        Assert.True(RequestMessage.TryRead(request, domain, out RequestMessage read));
        Assert.Equal((RequestMessageKind.Request, (UInt128)7, 9UL, TimeSpan.FromSeconds(1), s_range), (read.Kind, read.Requester, read.Number, read.Budget, read.Range));
        string[] names = [.. Enumerable.Range(0, 20).Select(number => $"node {number} {new string('ü', 40)}")];
        length = RequestMessage.WriteAnswer(buffer, RequestMessageKind.Working, domain, 7, 9, names);
        byte[] answer = buffer[..length];
        Assert.True(RequestMessage.TryRead(answer, domain, out RequestMessage told));
        Assert.Equal(17, told.GetNames().Length);
        Assert.Equal("4 more", told.GetNames()[^1]);
        Assert.StartsWith("node 3 ü", told.GetNames()[3], StringComparison.Ordinal);
        Assert.False(RequestMessage.TryRead(request, domain + 1, out _));
        foreach (byte[] valid in (byte[][])[request, answer])
        {
            for (int cut = 0; cut < valid.Length; cut++)
            {
                Assert.False(RequestMessage.TryRead(valid.AsSpan(0, cut), domain, out _), $"{cut} bytes");
            }

            Assert.False(RequestMessage.TryRead([.. valid, 0], domain, out _));
        }

        byte[] empty = [.. request];
        empty.AsSpan(^8).Clear();
        Assert.False(RequestMessage.TryRead(empty, domain, out _)); // an empty range
        byte[] control = [.. answer];
        control[41] = (byte)'\n';
        Assert.False(RequestMessage.TryRead(control, domain, out _));
        Random random = new(1);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. random.Next(2) == 0 ? request : answer];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            if (RequestMessage.TryRead(damaged, domain, out RequestMessage message))
            {
                _ = message.Kind == RequestMessageKind.Request ? message.Range.Length : (ulong)message.GetNames().Length; // never throws
            }
        }
    }

    /// <summary>With a budget that is too short; on a machine that is too busy even to hear of the request, again.</summary>
    private static async Task<RemoteInvalidationResult> AskAsync(RemoteInvalidationRequester requester)
    {
        RemoteInvalidationResult result;
        do
        {
            result = await requester.InvalidateAsync(s_range, TimeSpan.FromMilliseconds(200));
        }
        while (result.Pending is ["owner of d"]);
        return result;
    }

    private sealed class Recorder : IInvalidationObserver
    {
        private readonly FencePool _pool = new("slow", 64);
        private readonly List<FenceSource> _held = new(256); // a schedule does not allocate
        private readonly List<(AddressRange Range, bool IsCommitted)> _ended = new(256); // nor does its end

        internal bool IsSlow { get; set; }

        internal bool IsBroken { get; set; }

        internal (AddressRange Range, bool IsCommitted)[] Ended
        {
            get
            {
                lock (_ended)
                {
                    return [.. _ended];
                }
            }
        }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            if (IsBroken)
            {
                throw new InvalidOperationException("broken");
            }

            if (IsSlow && _pool.TryRent(out FenceSource source))
            {
                lock (_held)
                {
                    _held.Add(source);
                }

                fence = source.Fence;
            }

            return true;
        }

        public void OnEnded(in InvalidationRequest request, bool isCommitted)
        {
            lock (_ended)
            {
                _ended.Add((request.Range, isCommitted));
            }
        }

        internal void Release()
        {
            IsSlow = false;
            lock (_held)
            {
                foreach (FenceSource source in _held)
                {
                    source.TrySignal();
                }
            }
        }
    }
}
