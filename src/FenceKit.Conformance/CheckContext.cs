// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit.Conformance;

/// <summary>The environment of a check: a device, the notifier of its memory's owner, and assertions with a time limit.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Ended by the one who runs the check.")]
internal sealed class CheckContext(DeviceUnderTest device, TimeSpan patience, CumulativeSignalWatch signals)
{
    internal DeviceUnderTest Device => device;

    internal InvalidationNotifier Notifier { get; } = new("conformance");

    internal TimeSpan Patience => patience;

    internal byte At(int block, int index = 0) => device.Memory[(block * device.BlockSize) + index];

    internal AddressRange Range(int block) => device.RangeOf(block * device.BlockSize);

    internal Fence Submit(int block, byte value, bool isHeld = false, params ReadOnlySpan<Fence> dependencies)
    {
        ConformanceCommand command = new(block * device.BlockSize, value, isHeld);
        long start = Stopwatch.GetTimestamp();
        SpinWait spin = default;
        while (true)
        {
            switch (device.TrySubmit(in command, dependencies, out Fence fence))
            {
                case DeviceSubmitStatus.Submitted:
                    signals.Note(fence);
                    return fence;
                case DeviceSubmitStatus.Full or DeviceSubmitStatus.RangeBusy when Stopwatch.GetElapsedTime(start) < patience:
                    spin.SpinOnce();
                    break;
                case DeviceSubmitStatus status:
                    throw new ConformanceException($"a command was refused: {status}.");
            }
        }
    }

    internal Fence SubmitHeld(int block, byte value)
    {
        Fence fence = Submit(block, value, isHeld: true);
        Until(() => device.Held > 0, "a command that was submitted to an idle device did not start");
        return fence;
    }

    internal FenceStatus MustEnd(Fence fence, string what)
    {
        FenceStatus status = fence.Wait(patience);
        Require(status != FenceStatus.Pending, $"{what} did not end.");
        return status;
    }

    internal void MustSucceed(Fence fence, string what)
    {
        FenceStatus status = MustEnd(fence, what);
        Require(status == FenceStatus.Signaled, $"{what} ended as {status}: {fence.Error?.Message}");
    }

    internal InvalidationSession Schedule(int block)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (Notifier.TrySchedule(Range(block), InvalidationReason.Unmap, out InvalidationSession session))
            {
                return session;
            }

            Require(Stopwatch.GetElapsedTime(start) < patience, "a schedule was refused again and again.");
            Thread.Yield();
        }
    }

    internal void Until(Func<bool> condition, string otherwise)
    {
        long start = Stopwatch.GetTimestamp();
        SpinWait spin = default;
        while (!condition())
        {
            Require(Stopwatch.GetElapsedTime(start) < patience, $"{otherwise}.");
            spin.SpinOnce();
        }
    }

    /// <summary>Runs an action that must not wait, on a thread of its own, and fails if the action does not return in time.</summary>
    internal void MustReturn(Action action, string otherwise)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        Require(thread.Join(patience), otherwise);
        if (failure is not null)
        {
            throw new ConformanceException(failure.Message, failure);
        }
    }

    internal void Dispose()
    {
        Task disposed = device.DisposeAsync().AsTask();
        device.Release();
        Require(disposed.Wait(patience), "disposing the device did not end.");
    }

    internal static void Require([DoesNotReturnIf(false)] bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ConformanceException(otherwise);
        }
    }

    /// <summary>Disposes the device after the check, whatever its result. Does not wait longer than the patience for a device that hangs.</summary>
    internal void End()
    {
        Task ended = Task.Factory.StartNew(
            () =>
            {
                device.Release();
                device.DisposeAsync().AsTask().Wait(patience);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        try
        {
            ended.Wait(patience);
        }
        catch (AggregateException exception)
        {
            Debug.WriteLine(exception); // the check has its result already
        }

        Notifier.Dispose();
    }
}
