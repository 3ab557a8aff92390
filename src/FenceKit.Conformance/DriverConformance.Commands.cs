// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

// Checks of commands and their fences.
public static partial class DriverConformance
{
    private const int Blocks = 8;
    private const int Many = 64;

    private static void EveryCommandEnds(CheckContext check)
    {
        for (int i = 0; i < Many; i++)
        {
            check.MustSucceed(check.Submit(i % Blocks, (byte)(i + 1)), $"command {i + 1}");
        }
    }

    private static void WorkIsDone(CheckContext check)
    {
        for (int i = 0; i < Many; i++)
        {
            int block = i % Blocks;
            byte value = (byte)(i + 1);
            byte seen = 0;
            using ManualResetEventSlim called = new();
            Fence first = check.SubmitHeldUnlessIdle(i, out bool isHeld);
            Fence fence = check.Submit(block, value);
            Probe probe = new(() =>
            {
                seen = check.At(block, check.Device.BlockSize - 1);
                called.Set();
            });
            bool added = fence.TryAddCallback(probe);
            if (isHeld)
            {
                check.Device.Release();
                check.MustEnd(first, "a held command that was released");
            }

            check.MustSucceed(fence, $"command {i + 1}");
            if (added)
            {
                CheckContext.Require(called.Wait(check.Patience), "a callback did not run.");
            }
            else
            {
                seen = check.At(block, check.Device.BlockSize - 1);
            }

            CheckContext.Require(seen == value, $"the fence of command {i + 1} signaled, and memory held {seen} instead of {value}.");
        }
    }

    /// <summary>In the first round, submits a held command first, so that the callback is added before the fence signals.</summary>
    private static Fence SubmitHeldUnlessIdle(this CheckContext check, int round, out bool isHeld)
    {
        isHeld = round == 0;
        return isHeld ? check.SubmitHeld(Blocks - 1, 0xFE) : default;
    }

    private static void InOrder(CheckContext check)
    {
        if (check.Device.IsUnordered)
        {
            HoldsUpNoOther(check);
            return;
        }

        Fence[] fences = new Fence[Many];
        int early = 0;
        int calls = 0;
        check.SubmitHeld(0, 1);
        Probe[] probes = new Probe[Many];
        int added = 0;
        for (int i = 0; i < 16; i++)
        {
            int number = i;
            fences[i] = check.Submit(i % Blocks, (byte)i);
            probes[i] = new Probe(() =>
            {
                for (int before = 0; before < number; before++)
                {
                    early += fences[before].IsSignaled ? 0 : 1;
                }

                Interlocked.Increment(ref calls);
            });
        }

        for (int i = 0; i < 16; i++)
        {
            added += fences[i].TryAddCallback(probes[i]) ? 1 : 0;
        }

        check.Device.Release();
        for (int i = 15; i >= 0; i--)
        {
            check.MustSucceed(fences[i], $"command {i + 1}");
        }

        check.Until(() => Volatile.Read(ref calls) == added, "not every callback ran");
        CheckContext.Require(early == 0, $"{early} times a fence signaled before an earlier one.");
    }

    private static void HoldsUpNoOther(CheckContext check)
    {
        Fence held = check.SubmitHeld(0, 1);
        for (int i = 0; i < Many; i++)
        {
            check.MustSucceed(check.Submit(1, (byte)(i + 1)), $"command {i + 1}, behind one that it does not depend on,");
        }

        CheckContext.Require(!held.IsSignaled, "the fence of a command that is held has signaled.");
        check.Device.Release();
        check.MustSucceed(held, "a held command that was released");
    }

    private static void LeftAlone(CheckContext check)
    {
        for (int i = 0; i < Blocks; i++)
        {
            check.MustSucceed(check.Submit(i, (byte)(i + 1)), $"command {i + 1}");
            check.Device.Memory.Slice(i * check.Device.BlockSize, check.Device.BlockSize).Fill(0xEE);
        }

        check.MustSucceed(check.Submit(0, 1), "the last command");
        byte[] expected = [1, .. Enumerable.Repeat((byte)0xEE, Blocks - 1)];
        for (int i = 0; i < Blocks; i++)
        {
            CheckContext.Require(check.At(i) == expected[i], $"block {i} was written after the fence of its command had signaled.");
        }
    }

    private static void EndsOnce(CheckContext check)
    {
        // All commands are accepted before the first one ends. So if one end also counts as the end of the next command, it is noticed with
        // any timing.
        const int Behind = 5;
        int early = 0;
        int calls = 0;
        Fence held = check.SubmitHeld(0, 1);
        Fence[] fences = new Fence[Behind];
        int added = 0;
        for (int i = 0; i < Behind; i++)
        {
            int block = i + 1;
            fences[i] = check.Submit(block, 7, isHeld: check.Device.IsUnordered);
            added += fences[i].TryAddCallback(new Probe(() =>
            {
                early += check.At(block) == 7 ? 0 : 1;
                Interlocked.Increment(ref calls);
            })) ? 1 : 0;
        }

        CheckContext.Require(added == Behind, "a fence signaled before an earlier command was over.");
        check.Device.Release();
        check.MustSucceed(held, "the first command");
        foreach (Fence fence in fences)
        {
            check.MustSucceed(fence, "a command behind it");
        }

        check.Until(() => Volatile.Read(ref calls) == added, "not every callback ran");
        CheckContext.Require(early == 0, $"{early} times the end of one command signaled the fence of another, which had not run.");
    }

    private static void SubmittingDoesNotWait(CheckContext check)
    {
        check.MustReturn(() => check.SubmitHeld(0, 1), "submitting waited for the command.");
        Fence behind = default;
        check.MustReturn(() => behind = check.Submit(1, 2), "submitting waited for a command that was running.");
        CheckContext.Require(!behind.IsSignaled || check.Device.IsUnordered, "a fence signaled before an earlier command was over.");
        check.Device.Release();
        check.MustSucceed(behind, "the command behind");
    }

    private static void DependenciesFirst(CheckContext check)
    {
        FenceTimeline other = new("conformance");
        Fence dependency = other.Issue();
        Fence before = check.Submit(1, 7);
        Fence fence = default;
        check.MustReturn(() => fence = check.Submit(0, 9, isHeld: false, dependency), "submitting waited for a dependency.");
        check.MustSucceed(before, "the command before");
        _ = fence.Wait(check.Patience / 100); // times out if the device is correct; gives a device that breaks the rule some time to do so
        CheckContext.Require(!fence.IsSignaled && check.At(0) != 9, "a command ran before the fence that it depends on.");
        other.Signal(dependency);
        check.MustSucceed(fence, "a command whose dependencies are done");
        CheckContext.Require(check.At(0) == 9, "a command whose dependencies are done did not run.");
    }

    private static void FaultedDependency(CheckContext check)
    {
        FenceTimeline other = new("conformance");
        Fence dependency = other.Issue();
        Fence fence = check.Submit(0, 9, isHeld: false, dependency);
        other.Signal(dependency, new InvalidOperationException("a dependency failed"));
        CheckContext.Require(
            check.MustEnd(fence, "a command whose dependency faulted") == FenceStatus.Faulted,
            "a command whose dependency faulted did not fault.");
        CheckContext.Require(check.At(0) != 9, "a command ran whose dependency had faulted.");
        check.MustSucceed(check.Submit(1, 3), "the next command");
    }

    private static void ForgottenDependency(CheckContext check)
    {
        FenceTimeline other = new("conformance", new FenceTimelineOptions { RetainedFaults = 1 });
        Fence forgotten = other.Issue();
        other.Signal(forgotten, new InvalidOperationException("a dependency failed"));
        other.Signal(other.Issue(), new InvalidOperationException("and another one, which is remembered instead"));
        Fence fence = check.Submit(0, 9, isHeld: false, forgotten);
        CheckContext.Require(
            check.MustEnd(fence, "a command whose dependency may have faulted") == FenceStatus.Faulted,
            "a command whose dependency may have faulted did not fault.");
        CheckContext.Require(check.At(0) != 9, "a command ran whose dependency may have faulted.");
        check.MustSucceed(check.Submit(1, 3), "the next command");
    }

    private static void CanceledNeverRuns(CheckContext check)
    {
        FenceTimeline other = new("conformance");
        Fence dependency = other.Issue();
        Fence canceled = check.Submit(0, 9, isHeld: false, dependency);
        DeviceCancelResult result = check.Device.TryCancel(canceled);
        CheckContext.Require(result == DeviceCancelResult.Canceled, $"a command that had not started could not be canceled: {result}.");
        other.Signal(dependency);
        Fence next = check.Submit(1, 3);
        CheckContext.Require(
            check.MustEnd(canceled, "a canceled command") == FenceStatus.Faulted, "a canceled command ended as a success.");
        check.MustSucceed(next, "the command behind a canceled one");
        CheckContext.Require(check.At(0) != 9, "a canceled command ran.");
    }

    private static void RunningCancelEnds(CheckContext check)
    {
        Fence held = check.SubmitHeld(0, 9);
        Fence next = check.Submit(1, 3);
        DeviceCancelResult result = check.Device.TryCancel(held);
        CheckContext.Require(result != DeviceCancelResult.TooLate, "a command that was running was too late to cancel.");
        check.Device.Release(); // for a device that cannot stop a running command
        check.MustEnd(held, "a running command that was canceled");
        check.MustSucceed(next, "the command behind a canceled one");
    }

    private static void DisposingEndsEverything(CheckContext check)
    {
        check.SubmitHeld(0, 1);
        Fence[] fences = [check.Submit(1, 2), check.Submit(2, 3), check.Submit(3, 4)];
        check.Dispose();
        foreach (Fence fence in fences)
        {
            check.MustEnd(fence, "a command that was accepted before the device was disposed");
        }
    }

    private sealed class Probe(Action action) : FenceCallback
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault) => action();
    }
}
