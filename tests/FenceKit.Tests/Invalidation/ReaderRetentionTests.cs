// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Invalidation;

/// <summary>Nothing of a gate stays with the threads that have entered it once its owner has let go, whether the gate was disposed or merely dropped.</summary>
[Collection(AloneCollection.Name)]
public sealed class ReaderRetentionTests
{
    private static readonly AddressRange s_page = new(0, 4096);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_owner_is_collected_while_the_thread_that_entered_lives(bool disposes)
    {
        using OtherThread reader = new();
        AssertCollected(Use(disposes, gate => reader.Run(() => gate.Enter().Dispose())), reader);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_owner_is_collected_after_every_way_to_enter(bool disposes)
    {
        using OtherThread reader = new();
        AssertCollected(Use(disposes, gate => reader.Run(() =>
        {
            gate.Enter(s_page).Dispose();
            gate.GetReader().Enter().Dispose();
            gate.GetReader().TryEnter(s_page, TimeSpan.Zero, out ReaderScope scope);
            scope.Dispose();
            using (gate.EnterAsync(s_page).AsTask().GetAwaiter().GetResult())
            {
            }
        })), reader);
    }

    [Fact]
    public void The_owner_is_collected_on_the_thread_that_entered_and_disposed() =>
        AssertCollected(Use(disposes: true, static gate => gate.Enter().Dispose()));

    [Fact]
    public void A_gate_that_is_dropped_with_a_reader_inside_is_collected()
    {
        // Nobody can wait for the reader any more.
        using OtherThread reader = new();
        AssertCollected(Use(disposes: false, gate => reader.Run(() => gate.TryEnter(s_page, out _))), reader);
    }

    [Fact]
    public void A_lease_keeps_no_owner()
    {
        ReaderLease lease = default;
        AssertCollected(Use(disposes: false, gate => lease = gate.EnterAsync(s_page).AsTask().GetAwaiter().GetResult()));
        lease.Dispose(); // nothing to leave any more
    }

    [Fact]
    public void A_gate_whose_last_reader_leaves_after_the_dispose_is_collected()
    {
        using OtherThread reader = new();
        AssertCollected(Use(disposes: false, gate => reader.Run(() =>
        {
            using (gate.Enter())
            {
                gate.Dispose();
            }
        })), reader);
    }

    [Fact]
    public void A_shutdown_of_the_notifier_alone_is_enough()
    {
        using OtherThread reader = new();
        AssertCollected(Use(disposes: false, (notifier, gate) =>
        {
            reader.Run(() => gate.Enter().Dispose());
            notifier.Dispose();
        }), reader);
    }

    [Fact]
    public void An_attempt_on_a_disposed_gate_leaves_nothing_behind()
    {
        using OtherThread reader = new();
        AssertCollected(Use(disposes: true, (notifier, gate) =>
        {
            gate.Dispose();
            reader.Run(() =>
            {
                Assert.Throws<ObjectDisposedException>(() => gate.Enter().Dispose());
                Assert.Throws<ObjectDisposedException>(() => { gate.GetReader(); });
                Assert.Throws<ObjectDisposedException>(() => gate.TryEnter(s_page, out _));
            });
        }), reader);
    }

    [Fact]
    public void A_thread_that_has_ended_keeps_nothing() =>
        AssertCollected(Use(disposes: false, static gate => TestThread.Run(() => gate.Enter().Dispose())));

    [Fact]
    public void The_slot_of_a_gate_that_lives_is_not_taken_out_with_the_others()
    {
        using OtherThread reader = new();
        using InvalidationNotifier notifier = new("memory");
        using ReaderGate lives = new(notifier, s_page, "lives");
        reader.Run(() => lives.Enter().Dispose());
        AssertCollected(Use(disposes: false, gate => reader.Run(() => gate.Enter().Dispose())), reader);
        AssertCollected(Use(disposes: true, gate => reader.Run(() => gate.Enter().Dispose())), reader);
        reader.Run(() =>
        {
            lives.Enter(); // left open: the session below must find it
        });
        Assert.True(notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        session.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Thousands_of_gates_and_four_threads_leave_no_bytes(bool disposes)
    {
        const int Gates = 5_000;
        const long Slack = 512 * 1024; // what the runtime and tests before this one keep; the slots alone were more than six megabytes
        OtherThread[] readers = [.. Enumerable.Range(0, 4).Select(_ => new OtherThread())];
        EnterMany(readers, gates: 16, disposes); // what is made once
        long before = Settle();
        EnterMany(readers, Gates, disposes);
        Assert.InRange(Settle() - before, long.MinValue, Slack);
        Array.ForEach(readers, reader => reader.Dispose());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void EnterMany(OtherThread[] readers, int gates, bool disposes)
    {
        InvalidationNotifier notifier = new("memory");
        ReaderGate[] all = [.. Enumerable.Range(0, gates).Select(_ => new ReaderGate(notifier, s_page, "gate"))];
        foreach (OtherThread reader in readers)
        {
            reader.Run(() => Array.ForEach(all, static gate => gate.Enter().Dispose()));
            Flush(reader);
        }

        if (disposes)
        {
            Array.ForEach(all, static gate => gate.Dispose());
            notifier.Dispose();
        }
    }

    private static WeakReference Use(bool disposes, Action<ReaderGate> use) => Use(disposes, (_, gate) => use(gate));

    /// <summary>Follows what the owner refers to: the notifier and its subscriber are held by the same references.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Use(bool disposes, Action<InvalidationNotifier, ReaderGate> use)
    {
        InvalidationNotifier notifier = new("memory");
        ReaderGate gate = new(notifier, s_page, "gate");
        use(notifier, gate);
        if (disposes)
        {
            gate.Dispose();
            notifier.Dispose();
        }

        return new WeakReference(notifier);
    }

    private static void AssertCollected(WeakReference owner, OtherThread? reader = null)
    {
        Flush(reader);

        // Whoever still has it in a register or a slot of his stack, for he ran beside this, lets it go when he runs on. A reference that stays fails the test.
        Limit.Until(
            () =>
            {
                Settle();
                return !owner.IsAlive;
            },
            "The collection of the owner");
    }

    /// <summary>The thread must not still have what it was asked to do last in a local variable.</summary>
    private static void Flush(OtherThread? reader)
    {
        for (int round = 0; reader is not null && round < 3; round++)
        {
            reader.Run(static () => { });
        }
    }

    private static long Settle()
    {
        for (int round = 0; round < 4; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
