// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Validator;

/// <summary>Locks that are not bound to a thread: one takes them, another lets them go.</summary>
public sealed class ReleaseFromAnotherThreadTests
{
    private readonly Bench _bench = new();

    private LockValidator Validator => _bench.Validator;

    [Fact]
    public void What_another_thread_let_go_is_not_held_even_for_a_thread_that_knows_the_next_step_by_heart()
    {
        _bench.Nest("A", "B");
        _bench.Nest("A", "B");
        for (int round = 0; round < 3; round++)
        {
            LockHolder holder = Validator.Acquire(_bench["A"]);
            Bench.OnNewThread(() => holder.ReleaseFromAnotherThread(_bench["A"]));
            TakeAsInNest(_bench["B"]);
            Assert.Equal(1, holder.Depth);
            Validator.Release(_bench["B"]);
            Assert.Equal(0, holder.Depth);
        }

        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Nothing_follows_from_what_another_thread_let_go()
    {
        LockHolder holder = Validator.Acquire(_bench["A"]);
        Bench.OnNewThread(() => holder.ReleaseFromAnotherThread(_bench["A"]));
        _bench.Nest("B");
        Assert.Empty(Validator.GetDependencies());
        Validator.AssertNoneHeld();
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void What_was_taken_above_it_stays_held()
    {
        LockHolder holder = Validator.Acquire(_bench["A"]);
        Validator.Acquire(_bench["B"]);
        Bench.OnNewThread(() => holder.ReleaseFromAnotherThread(_bench["A"]));
        Validator.Acquire(_bench["C"]);
        Validator.AssertHeld(_bench["B"]);
        Validator.AssertNotHeld(_bench["A"]);
        Validator.Release(_bench["C"]);
        Validator.Release(_bench["B"]);
        Validator.AssertNoneHeld();
        Assert.Equal(["A -> B", "B -> C"], Validator.GetDependencies().Select(static edge => edge.ToString()));
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void A_thread_that_ended_meanwhile_held_nothing()
    {
        LockHolder? holder = null;
        Bench.OnNewThread(() => holder = Validator.Acquire(_bench["A"]));
        holder!.ReleaseFromAnotherThread(_bench["A"]);
        Assert.Equal(0, Validator.CheckEndedThreads());
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Letting_go_what_the_thread_does_not_hold_changes_nothing()
    {
        LockHolder holder = Validator.Acquire(_bench["A"]);
        Bench.OnNewThread(() => holder.ReleaseFromAnotherThread(_bench["B"]));
        _bench.Nest("C");
        Validator.AssertHeld(_bench["A"]);
        Assert.Throws<ArgumentNullException>("instance", () => holder.ReleaseFromAnotherThread(null!));
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void No_letter_is_lost_while_the_thread_fills_its_cache()
    {
        // The thread learns new chains all the time, so that its cache grows again and again, while another takes the cache away.
        var hands = new System.Collections.Concurrent.BlockingCollection<(LockHolder Holder, LockMap Map)>();
        int ended = 0;
        var other = new Thread(() =>
        {
            foreach ((LockHolder holder, LockMap map) in hands.GetConsumingEnumerable())
            {
                holder.ReleaseFromAnotherThread(map);
                Volatile.Write(ref ended, ended + 1);
            }
        });
        other.Start();
        LockMap[] own = [.. Enumerable.Range(0, 64).Select(index => new LockMap(LockClass.Create($"own{index}")))];
        for (int round = 0; round < 2_000; round++)
        {
            LockHolder holder = Validator.Acquire(_bench["A"]);
            hands.Add((holder, _bench["A"]));
            for (int i = 0; Volatile.Read(ref ended) == round; i++)
            {
                Validator.Acquire(own[i % own.Length], file: "own", line: round % 7);
                Validator.Release(own[i % own.Length]);
            }

            Validator.Acquire(own[0], file: "own", line: round % 7); // known by heart: only the missing cache makes it look
            Assert.Equal(1, holder.Depth);
            Validator.Release(own[0]);
        }

        hands.CompleteAdding();
        other.Join();
        Validator.AssertNoneHeld();
        Assert.Empty(_bench.Reports);
    }

    // The place of Bench.Nest, so that the chain is the one that is known.
    private void TakeAsInNest(LockMap map)
    {
        (string file, int line) = Bench.PlaceOfNest;
        Validator.Acquire(map, file, line);
    }
}
