// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Tests;

/// <summary>Every wait of a test ends: a bug fails with a message, it does not hang the run. The limit is far beyond any real wait.</summary>
internal static class Limit
{
    internal static readonly TimeSpan Time = TimeSpan.FromSeconds(90);

    internal static async Task OnAsync(Task task, string what = "the task")
    {
        await Task.WhenAny(task, Task.Delay(Time));
        Assert.True(task.IsCompleted, $"{what} was not over within {Time.TotalSeconds} s.");
        await task;
    }

    internal static async Task<T> OnAsync<T>(Task<T> task, string what = "the task")
    {
        await OnAsync((Task)task, what);
        return await task;
    }

    internal static void On(Task task, string what = "the task")
    {
        Task.WhenAny(task).Wait(Time);
        Assert.True(task.IsCompleted, $"{what} was not over within {Time.TotalSeconds} s.");
        task.GetAwaiter().GetResult();
    }

    internal static T On<T>(Task<T> task, string what = "the task")
    {
        On((Task)task, what);
        return task.Result;
    }

    internal static void On(ManualResetEventSlim gate, string what = "the event") =>
        Assert.True(gate.Wait(Time), $"{what} was not set within {Time.TotalSeconds} s.");

    internal static void On(Barrier barrier) =>
        Assert.True(barrier.SignalAndWait(Time), $"Not all threads reached the barrier within {Time.TotalSeconds} s.");

    /// <summary>For conditions that no event announces: another thread has gone to sleep, a timer is set.</summary>
    internal static void Until(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        SpinWait spin = default;
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Time, $"{what} did not happen within {Time.TotalSeconds} s.");
            spin.SpinOnce();
        }
    }
}
