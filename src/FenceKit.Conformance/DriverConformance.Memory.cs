// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

// Checks of memory, and of the loss of the device.
public static partial class DriverConformance
{
    private const byte Gone = 0xEE;

    private static void LossEndsEverything(CheckContext check)
    {
        FenceTimeline other = new("conformance");
        Fence running = check.SubmitHeld(0, 1);
        Fence[] fences = [running, check.Submit(1, 2, isHeld: check.Device.IsUnordered), check.Submit(2, 3, isHeld: false, other.Issue())];
        check.Device.Lose(new IOException("the device was pulled out"));
        foreach (Fence fence in fences)
        {
            CheckContext.Require(
                check.MustEnd(fence, "a command of a lost device") == FenceStatus.Faulted, "a command of a lost device did not fault.");
        }
    }

    private static void LostRefuses(CheckContext check)
    {
        check.Device.Lose(new IOException("the device was pulled out"));
        ConformanceCommand command = new(0, 9);
        if (check.Device.TrySubmit(in command, [], out Fence fence) == DeviceSubmitStatus.Submitted)
        {
            CheckContext.Require(
                check.MustEnd(fence, "a command for a lost device") == FenceStatus.Faulted, "a command for a lost device did not fault.");
        }

        CheckContext.Require(check.At(0) != 9, "a lost device wrote to memory.");
    }

    private static void LostWritesNoMore(CheckContext check)
    {
        Fence[] fences = [check.SubmitHeld(0, 1), check.Submit(1, 2), check.Submit(2, 3)];
        check.Device.Lose(new IOException("the device was pulled out"));
        foreach (Fence fence in fences)
        {
            check.MustEnd(fence, "a command of a lost device");
        }

        // A command that is still running would write between here and the end of Dispose.
        check.Device.Memory.Fill(Gone);
        check.Dispose();
        CheckContext.Require(!check.Device.Memory.ContainsAnyExcept(Gone), "memory was written after all fences of a lost device had ended.");
    }

    /// <summary>
    /// A lost device either stops and releases its memory, or keeps the memory in quarantine. Both are correct, but the device must not write
    /// to memory that it has released.
    /// </summary>
    private static void LostMemoryIsRefused(CheckContext check)
    {
        check.Device.Attach(check.Notifier);
        Fence held = check.SubmitHeld(0, 1);
        check.Device.Lose(new IOException("the device was pulled out"));
        check.MustEnd(held, "a command of a lost device");
        bool isGiven = TakeLostBlock(check);
        check.Device.Release(); // a device that has not stopped writes now
        LookAtLostBlock(check, isGiven);
        isGiven |= TakeLostBlock(check);
        check.Dispose();
        LookAtLostBlock(check, isGiven);
        isGiven |= TakeLostBlock(check);
        LookAtLostBlock(check, isGiven);
    }

    private static bool TakeLostBlock(CheckContext check)
    {
        using InvalidationSession session = check.Schedule(0);
        bool isGiven = session.Wait(check.Patience / 100) == InvalidationOutcome.Completed;
        if (isGiven)
        {
            check.Device.Memory[..check.Device.BlockSize].Fill(Gone);
            session.Commit();
        }

        return isGiven;
    }

    private static void LookAtLostBlock(CheckContext check, bool isGiven)
    {
        for (int look = 0; look < 100; look++)
        {
            Thread.Yield();
            CheckContext.Require(
                !isGiven || !check.Device.Memory[..check.Device.BlockSize].ContainsAnyExcept(Gone),
                "memory of a lost device was given away, and written afterwards.");
        }
    }

    private static void LossDetaches(CheckContext check)
    {
        check.Device.Attach(check.Notifier);
        check.SubmitHeld(0, 1);
        check.Device.Lose(new IOException("the device was pulled out"));
        check.Until(() => check.Notifier.GetStatistics().Subscriptions == 0, "a lost device is still subscribed");
    }

    private static void DisposingDetaches(CheckContext check)
    {
        check.Device.Attach(check.Notifier);
        check.MustSucceed(check.Submit(0, 1), "a command");
        check.Dispose();
        CheckContext.Require(check.Notifier.GetStatistics().Subscriptions == 0, "a disposed device is still subscribed.");
    }

    private static void ScheduleDoesNotWait(CheckContext check)
    {
        check.Device.Attach(check.Notifier);
        check.SubmitHeld(0, 1);
        check.MustReturn(() => check.Schedule(0).BackOff(), "a schedule waited for a command that was running.");
    }

    private static void ScheduleDoesNotAllocate(CheckContext check)
    {
        check.Device.Attach(check.Notifier);
        check.SubmitHeld(0, 1);

        // First ranges that are not in use, in turn, then one that is. Waits after each of the first, since a device that keeps mappings has
        // to drop them.
        long bytes = LeastBytes(i => check.Range(1 + (i % (Blocks - 1))), rounds: 80, session => session.Wait(check.Patience))
            + LeastBytes(_ => check.Range(0), rounds: 8, static _ => { });
        CheckContext.Require(bytes == 0, $"schedules allocate {bytes} bytes, again and again.");

        // Returns the least number of bytes of five rounds: allocations that happen once are in one round only, steady ones in all.
        long LeastBytes(Func<int, AddressRange> range, int rounds, Action<InvalidationSession> finish)
        {
            long least = long.MaxValue;
            for (int block = 0; block < 5; block++)
            {
                long sum = 0;
                for (int i = 0; i < rounds; i++)
                {
                    AddressRange wanted = range(i);
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    bool scheduled = check.Notifier.TrySchedule(wanted, InvalidationReason.Unmap, out InvalidationSession session);
                    sum += GC.GetAllocatedBytesForCurrentThread() - before;
                    if (scheduled)
                    {
                        finish(session);
                        session.BackOff();
                    }
                }

                least = Math.Min(least, sum);
            }

            return least;
        }
    }

    private static void ScheduleDoesNotThrow(CheckContext check)
    {
        check.Device.Attach(check.Notifier);
        check.Schedule(0).BackOff();
        Fence held = check.SubmitHeld(0, 1);
        check.Schedule(0).BackOff();
        check.Schedule(1).BackOff();
        check.Device.Release();
        check.MustEnd(held, "a held command that was released");
        check.Schedule(0).BackOff();
        check.Device.Lose(new IOException("the device was pulled out"));
        check.Schedule(0).BackOff();
        long faults = check.Notifier.GetStatistics().SubscriberFaults;
        CheckContext.Require(faults == 0, $"{faults} schedules threw.");
    }

    private static void NoStaleAccess(CheckContext check)
    {
        check.Device.Attach(check.Notifier);
        Fence held = check.SubmitHeld(0, 1);
        InvalidationSession session = check.Schedule(0);
        CheckContext.Require(
            session.TryWait() == InvalidationOutcome.Pending, "an invalidation completed while a command that uses the range was running.");
        check.Device.Release();
        CheckContext.Require(
            session.Wait(check.Patience) == InvalidationOutcome.Completed, "an invalidation did not complete after the last command had ended.");
        CheckContext.Require(held.IsSignaled, "an invalidation completed before the command that uses the range.");
        Span<byte> block = check.Device.Memory[..check.Device.BlockSize];
        block.Fill(Gone);
        check.MustSucceed(check.Submit(1, 2), "a command on another range");
        CheckContext.Require(!block.ContainsAnyExcept(Gone), "memory was written after its invalidation had completed.");
        session.Commit();
    }

    private static void NothingStarts(CheckContext check)
    {
        check.Device.Attach(check.Notifier);
        InvalidationSession session = check.Schedule(0);
        CheckContext.Require(session.Wait(check.Patience) == InvalidationOutcome.Completed, "an invalidation of an idle device did not complete.");
        check.Device.Memory[..check.Device.BlockSize].Fill(Gone);
        Fence elsewhere = check.Submit(1, 2);
        ConformanceCommand command = new(0, 9);
        bool isRefused = check.Device.TrySubmit(in command, [], out Fence fence) == DeviceSubmitStatus.RangeBusy;
        check.MustSucceed(elsewhere, "a command on another range");
        FenceStatus status = isRefused ? FenceStatus.Pending : fence.Wait(check.Patience / 100);
        CheckContext.Require(check.At(0) == Gone, "a command wrote to memory that was being invalidated.");
        CheckContext.Require(status != FenceStatus.Signaled, "a command on a range that was being invalidated succeeded.");
        session.Commit();
        if (isRefused)
        {
            fence = check.Submit(0, 9);
        }

        if (check.MustEnd(fence, "a command whose range is free again") == FenceStatus.Signaled)
        {
            CheckContext.Require(check.At(0) == 9, "a command whose range is free again did not run.");
        }
    }

    private static void NoStaleAccessUnderLoad(CheckContext check)
    {
        const int Rounds = 100;
        check.Device.Attach(check.Notifier);
        bool over = false;
        Exception? failure = null;
        Thread submitter = new(() =>
        {
            try
            {
                for (int i = 0; !Volatile.Read(ref over); i++)
                {
                    check.Submit(i % 4, (byte)(1 + (i % 100)));
                }
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        })
        {
            IsBackground = true,
        };
        submitter.Start();
        try
        {
            for (int i = 0; i < Rounds; i++)
            {
                InvalidationSession session = check.Schedule(i % 4);
                CheckContext.Require(
                    session.Wait(check.Patience) == InvalidationOutcome.Completed, $"invalidation {i + 1} did not complete under load.");
                Span<byte> block = check.Device.Memory.Slice(i % 4 * check.Device.BlockSize, check.Device.BlockSize);
                block.Fill(Gone);
                for (int look = 0; look < 100; look++)
                {
                    Thread.Yield();
                    CheckContext.Require(!block.ContainsAnyExcept(Gone), $"invalidation {i + 1} had completed, and memory was written.");
                }

                session.Commit();
            }
        }
        finally
        {
            Volatile.Write(ref over, true);
            CheckContext.Require(submitter.Join(check.Patience), "a submitter did not come back.");
        }

        if (failure is not null)
        {
            throw new ConformanceException(failure.Message, failure);
        }
    }

    private static void LossUnderLoad(CheckContext check)
    {
        check.Device.Attach(check.Notifier);
        List<Fence> fences = [];
        bool lost = false;
        Thread submitter = new(() =>
        {
            for (int i = 0; ; i++)
            {
                ConformanceCommand command = new(i % Blocks * check.Device.BlockSize, (byte)(1 + (i % 100)));
                DeviceSubmitStatus status = check.Device.TrySubmit(in command, [], out Fence fence);
                if (status == DeviceSubmitStatus.Submitted)
                {
                    lock (fences)
                    {
                        fences.Add(fence);
                    }
                }

                if (Volatile.Read(ref lost))
                {
                    return;
                }
            }
        })
        {
            IsBackground = true,
        };
        submitter.Start();
        check.Until(Enough, "a device under load took no commands");
        check.Device.Lose(new IOException("the device was pulled out"));
        Volatile.Write(ref lost, true);
        CheckContext.Require(submitter.Join(check.Patience), "a submitter did not come back from a lost device.");
        foreach (Fence fence in fences)
        {
            check.MustEnd(fence, "a command of a device that was lost under load");
        }

        check.Device.Memory.Fill(Gone);
        for (int look = 0; look < 100; look++)
        {
            Thread.Yield();
            CheckContext.Require(!check.Device.Memory.ContainsAnyExcept(Gone), "memory was written after all fences of a lost device had ended.");
        }

        bool Enough()
        {
            lock (fences)
            {
                return fences.Count >= Many;
            }
        }
    }
}
