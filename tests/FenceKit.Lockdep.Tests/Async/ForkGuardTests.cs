// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Async;

/// <summary>
/// Whether what a started task takes is guarded by the locks of its starter. The other side is always A before B under the guard; the task takes B before A.
/// </summary>
public sealed class ForkGuardTests
{
    private readonly AsyncBench _bench = new();

    [Fact]
    public async Task A_lock_that_is_held_until_the_task_has_been_waited_for_guards_what_the_task_takes()
    {
        using (await _bench["G"].LockAsync())
        {
            await TrackedTask.Join(TrackedTask.Run(() => TakeAsync("B", "A"), _bench.Validator), _bench.Validator);
        }

        await TakeUnderGuardAsync();
        Assert.Equal(LockConfidence.Possible, Circle());
    }

    [Fact]
    public async Task An_outer_lock_that_is_still_held_when_an_inner_one_goes_guards_as_well()
    {
        using (await _bench["G"].LockAsync())
        {
            Task task;
            using (await _bench["H"].LockAsync())
            {
                task = TrackedTask.Run(() => TakeAsync("B", "A"), _bench.Validator);
                await Task.WhenAny(task);
            }

            await TrackedTask.Join(task, _bench.Validator);
        }

        await TakeUnderGuardAsync();
        Assert.Equal(LockConfidence.Possible, Circle());
    }

    [Theory]
    [InlineData(true, LockConfidence.Possible)]
    [InlineData(false, LockConfidence.Certain)]
    public async Task A_lock_of_the_thread_guards_a_task_if_it_is_held_over_the_wait(bool isHeldOver, LockConfidence expected)
    {
        var guard = new TrackedLock(_bench.Class("G"), "G", _bench.Validator);
        Task task;
        using (guard.EnterScope())
        {
            task = TrackedTask.Run(() => TakeAsync("B", "A"), _bench.Validator);
            if (isHeldOver)
            {
                TrackedTask.Wait(task, _bench.Validator);
            }
        }

        if (!isHeldOver)
        {
            await Task.WhenAny(task); // what it takes after the wait has begun is judged by its classes
            TrackedTask.Wait(task, _bench.Validator);
        }

        Task other;
        using (guard.EnterScope())
        {
            other = TakeAsync("A", "B");
        }

        await other;
        Assert.Equal(expected, Circle());
    }

    [Theory]
    [InlineData(Held.LockFork.MostWants, false)]
    [InlineData(Held.LockFork.MostWants + 1, true)]
    public async Task Of_a_task_with_more_acquisitions_than_are_kept_the_rest_is_counted(int acquisitions, bool isCounted)
    {
        LockClass many = LockClass.Create("many");
        using (await _bench["G"].LockAsync())
        {
            await TrackedTask.Join(TrackedTask.Run(TakeManyAsync, _bench.Validator), _bench.Validator);
        }

        Assert.Equal(isCounted, _bench.Validator.Statistics.ForkedWantsNotKept > 0);

        async Task TakeManyAsync()
        {
            for (int i = 0; i < acquisitions; i++)
            {
                (await new TrackedAsyncLock(many, null, _bench.Validator).LockAsync()).Dispose();
            }
        }
    }

    [Fact]
    public async Task Blocking_the_pool_in_two_places_is_two_findings_and_none_where_it_is_suppressed()
    {
        await Task.Run(() =>
        {
            using (_bench.Validator.Suppress("the test"))
            {
                TrackedTask.Wait(TrackedTask.Run(YieldAsync, _bench.Validator), _bench.Validator);
            }
        });
        Assert.Empty(_bench.Reports);
        await Task.Run(() =>
        {
            TrackedTask.Wait(TrackedTask.Run(YieldAsync, _bench.Validator), _bench.Validator);
            TrackedTask.Wait(TrackedTask.Run(YieldAsync, _bench.Validator), _bench.Validator);
        });
        Assert.Equal(2, _bench.Reports.Count(static report => report.Kind == LockViolationKind.InvalidWaitContext));

        static async Task YieldAsync() => await Task.Yield();
    }

    private LockConfidence Circle()
        => _bench.Reports.Where(static report => report.Kind == LockViolationKind.CircularDependency).Max(static report => report.Confidence);

    private async Task TakeUnderGuardAsync()
    {
        using (await _bench["G"].LockAsync())
        {
            await TakeAsync("A", "B");
        }
    }

    // Awaits nothing that is not complete, so that what the thread holds counts.
    private async Task TakeAsync(string first, string second)
    {
        using (await _bench[first].LockAsync())
        using (await _bench[second].LockAsync())
        {
        }
    }
}
