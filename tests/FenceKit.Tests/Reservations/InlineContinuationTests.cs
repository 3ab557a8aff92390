// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Tests.Reservations;

/// <summary>
/// A flow may go on inside the operation that ended its wait, and lock and unlock there what the operation is about. A thread that would
/// wait for its own gate spins for ever; so each test has a thread of its own, and a limit.
/// </summary>
public class InlineContinuationTests
{
    private const FenceContinuation Inline = FenceContinuation.Inline;

    public static TheoryData<WoundWaitPolicy> Policies => [WoundWaitPolicy.WoundWait, WoundWaitPolicy.WaitDie];

    [Fact]
    public void A_wounded_flow_unlocks_inside_the_lock_call_of_the_older_which_gets_the_lock()
    {
        using LockSectionScope asked = FlowsShareAThread();
        WoundWaitClass rules = new("rules");
        WoundWaitLock wanted = new(rules);
        WoundWaitLock elsewhere = new(rules);
        using WoundWaitContext older = new(rules);
        using WoundWaitContext younger = new(rules);
        Assert.True(elsewhere.TryLock());
        Task<WoundWaitOutcome> flow = Younger();

        Assert.Equal(WoundWaitOutcome.Acquired, OnOwnThread(() => wanted.Lock(older, Limit.Time)));

        Assert.Equal(WoundWaitOutcome.MustBackOff, Limit.On(flow));
        wanted.Unlock(older);
        elsewhere.Unlock();

        async Task<WoundWaitOutcome> Younger()
        {
            Assert.True(wanted.TryLock(younger));
            WoundWaitOutcome outcome = await elsewhere.LockAsync(younger, Limit.Time, Inline).ConfigureAwait(false);
            wanted.Unlock(younger);
            return outcome;
        }
    }

    [Fact]
    public void Wait_die_every_flow_behind_the_older_gives_way_inside_its_lock_call_and_may_lock_again_there()
    {
        const int Flows = 3;
        using LockSectionScope asked = FlowsShareAThread();
        WoundWaitClass rules = new("rules", WoundWaitPolicy.WaitDie);
        WoundWaitLock wanted = new(rules);
        using WoundWaitContext older = new(rules);
        Assert.True(wanted.TryLock());
        WoundWaitLock[] owned = [.. Enumerable.Range(0, Flows).Select(_ => new WoundWaitLock(rules))];
        WoundWaitContext[] contexts = [.. Enumerable.Range(0, Flows).Select(_ => new WoundWaitContext(rules))];
        Task<WoundWaitOutcome>[] flows = [.. Enumerable.Range(0, Flows).Select(index => Younger(contexts[index], owned[index]))];

        Assert.Equal(WoundWaitOutcome.TimedOut, OnOwnThread(() => wanted.Lock(older, TimeSpan.FromTicks(1))));

        Assert.All(owned, one => Assert.False(one.IsHeld)); // all of them gave way
        Assert.All(flows, flow => Assert.False(flow.IsCompleted)); // and wait again, with nothing held
        OnOwnThread(() => wanted.Unlock());
        Assert.All(flows, flow => Assert.Equal(WoundWaitOutcome.Acquired, Limit.On(flow)));
        Assert.False(wanted.IsHeld);
        Array.ForEach(contexts, context => context.Dispose());

        async Task<WoundWaitOutcome> Younger(WoundWaitContext context, WoundWaitLock own)
        {
            Assert.True(own.TryLock(context));
            WoundWaitOutcome first = await wanted.LockAsync(context, Limit.Time, Inline).ConfigureAwait(false);
            own.Unlock(context);
            if (first == WoundWaitOutcome.MustBackOff)
            {
                first = await wanted.LockSlowAsync(context, Limit.Time, Inline).ConfigureAwait(false);
            }

            wanted.Unlock(context);
            return first;
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Many_flows_that_go_on_inside_each_others_calls_all_get_their_sets(WoundWaitPolicy policy)
    {
        const int Rounds = 500;
        using LockSectionScope asked = FlowsShareAThread();
        WoundWaitClass rules = new("rules", policy);
        WoundWaitLock[] locks = [.. Enumerable.Range(0, 4).Select(_ => new WoundWaitLock(rules))];
        int[] counts = new int[locks.Length]; // plain: the locks protect them
        int expected = 0;

        TestThread.RunTogether([.. Enumerable.Range(0, 4).Select(seed => (Action)(() =>
        {
            using LockSectionScope shared = FlowsShareAThread();
            Limit.On(RunAsync(seed));
        }))]);

        Assert.Equal(expected, counts.Sum());
        Assert.All(locks, one => Assert.False(one.IsHeld));

        async Task RunAsync(int seed)
        {
            Random random = new(seed);
            using WoundWaitLockSet set = new(rules);
            for (int i = 0; i < Rounds; i++)
            {
                int[] chosen = [.. Enumerable.Range(0, locks.Length)];
                random.Shuffle(chosen);
                chosen = chosen[..random.Next(1, locks.Length + 1)];
                Assert.True(await set.LockAsync(chosen.Select(index => locks[index]).ToArray(), Limit.Time, Inline).ConfigureAwait(false));
                Array.ForEach(chosen, index => counts[index]++);
                Interlocked.Add(ref expected, chosen.Length);
                set.Unlock();
            }
        }
    }

    private static TResult OnOwnThread<TResult>(Func<TResult> body)
    {
        TResult result = default!;
        OnOwnThread(() => { result = body(); });
        return result;
    }

    private static void OnOwnThread(Action body) => TestThread.Run(() =>
    {
        using LockSectionScope shared = FlowsShareAThread();
        body();
    });

    /// <summary>To the validator a thread holds what the flows of all contexts hold that run on it, and may wait for itself.</summary>
    private static LockSectionScope FlowsShareAThread() => ContractReports.AskedFor("the flows of several contexts share a thread");
}
