// SPDX-License-Identifier: MIT
using FenceKit.Samples.CustomDriver;

namespace FenceKit.Conformance.Tests;

/// <summary>The device is gone in the midst of its work, a hundred times: nothing hangs, nothing is stale, every fence ends.</summary>
[Trait("Suite", "Conformance")]
public sealed class KillTests
{
    private const int Kills = 100;
    private const int Blocks = 8;
    private const byte Gone = 0xEE;

    /// <summary>Nothing here takes that long unless it hangs.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    public static TheoryData<string> Drivers
    {
        get
        {
            TheoryData<string> drivers = [.. s_drivers.Keys];
            if (RingProbe.IsRequired(Environment.GetEnvironmentVariable("FENCEKIT_REQUIRE")) || RingProbe.WhyNot() is null)
            {
                drivers.Add(Ring);
            }

            return drivers;
        }
    }

    private const string Ring = "io_uring";

    private static readonly Dictionary<string, Func<DeviceUnderTest>> s_drivers = new()
    {
        ["simulated, thread pool"] = static () => SimulatedUnderTest.Create(DeviceDispatch.ThreadPool, TimeSpan.FromMilliseconds(1)),
        ["simulated, its own thread"] = static () => SimulatedUnderTest.Create(DeviceDispatch.DedicatedThread, TimeSpan.Zero),
        ["simulated, unordered"] = static () => SimulatedUnderTest.Create(DeviceDispatch.ThreadPool, TimeSpan.FromMilliseconds(1), isUnordered: true),
        ["by hand"] = static () => new PlainDevice(),
    };

    [Theory]
    [MemberData(nameof(Drivers))]
    public void A_device_that_is_killed_under_load_leaves_nothing_behind(string driver)
    {
        for (int kill = 0; kill < Kills; kill++)
        {
            Kill(driver == Ring ? RingUnderTest.Create() : s_drivers[driver](), after: 20 + (7 * kill % 200), isHung: kill % 4 == 0);
        }
    }

    /// <param name="device">The device.</param>
    /// <param name="after">After how many commands.</param>
    /// <param name="isHung">Whether one command never ends by itself, so that the others pile up behind it.</param>
    private static void Kill(DeviceUnderTest device, int after, bool isHung)
    {
        using InvalidationNotifier notifier = new("memory");
        device.Attach(notifier);
        List<Fence> fences = []; // under its own lock
        bool isOver = false;
        int stale = 0;

        Thread[] threads = [Start(Submit), Start(Submit), Start(Invalidate)];
        Until(() => Count() >= (isHung ? Math.Min(after, 24) : after), "commands");
        device.Lose(new IOException("killed"));
        Volatile.Write(ref isOver, true);
        Assert.All(threads, static thread => Assert.True(thread.Join(s_limit), "A thread did not come back from a lost device."));

        Assert.All(fences, static fence => Assert.NotEqual(FenceStatus.Pending, fence.Wait(s_limit)));
        device.Memory.Fill(Gone);
        Until(() => notifier.GetStatistics().Subscriptions == 0, "unsubscribing");
        device.Release();
        Assert.True(device.DisposeAsync().AsTask().Wait(s_limit), "Disposing a lost device did not end.");
        Assert.False(device.Memory.ContainsAnyExcept(Gone), "Memory was written after all fences had ended.");
        Assert.Equal(0, stale);

        int Count()
        {
            lock (fences)
            {
                return fences.Count;
            }
        }

        void Submit()
        {
            for (int i = 1; !Volatile.Read(ref isOver); i++)
            {
                ConformanceCommand command = new(i % Blocks * device.BlockSize, (byte)(1 + (i % 100)), isHung && i == 10);
                if (device.TrySubmit(in command, [], out Fence fence) == DeviceSubmitStatus.Submitted)
                {
                    lock (fences)
                    {
                        fences.Add(fence);
                    }
                }
                else
                {
                    Thread.Yield();
                }
            }
        }

        void Invalidate()
        {
            for (int i = 0; !Volatile.Read(ref isOver); i++)
            {
                int offset = i % Blocks * device.BlockSize;
                if (!notifier.TrySchedule(device.RangeOf(offset), InvalidationReason.Unmap, out InvalidationSession session))
                {
                    continue;
                }

                InvalidationOutcome outcome = InvalidationOutcome.Pending;
                while (outcome == InvalidationOutcome.Pending && !Volatile.Read(ref isOver))
                {
                    Thread.Yield();
                    outcome = session.TryWait();
                }

                if (outcome == InvalidationOutcome.Completed)
                {
                    Span<byte> block = device.Memory.Slice(offset, device.BlockSize);
                    block.Fill(Gone);
                    Thread.Yield();
                    stale += block.ContainsAnyExcept(Gone) ? 1 : 0;
                    session.Commit();
                }
                else
                {
                    session.BackOff(); // still pending, or the fence faulted with the device: then the memory must stay
                }
            }
        }
    }

    private static Thread Start(Action action)
    {
        Thread thread = new(() => action()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static void Until(Func<bool> condition, string what) => Assert.True(SpinWait.SpinUntil(condition, s_limit), $"In vain: {what}.");
}
