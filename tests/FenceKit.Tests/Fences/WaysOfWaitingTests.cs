// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>The table in docs/concepts.md of how each way of waiting tells what happened: each cell is what the code does.</summary>
public class WaysOfWaitingTests
{
    private static readonly InvalidOperationException s_error = new("I/O");

    private static readonly Dictionary<string, Way[]> s_ways = new()
    {
        ["`fence.Status`"] = [new((fence, _, _) => Task.FromResult<object>(fence.Status), TakesTime: false)],
        ["`fence.Wait`"] = [new((fence, time, token) => Blocking(() => fence.Wait(time, token)))],
        ["`await fence`"] = [new(async (fence, _, _) => await fence, TakesTime: false)],
        ["`await fence.WaitAsync`"] = [new(async (fence, time, token) => await fence.WaitAsync(time, token))],
        ["`Fence.WaitAny` and `WaitAll`"] =
        [
            new((fence, time, token) => Blocking(() => Fence.WaitAny([fence], time, token).Status)),
            new((fence, time, token) => Blocking(() => Fence.WaitAll([fence, default], time, token).Status)),
        ],
        ["`await Fence.WaitAnyAsync` and `WaitAllAsync`"] =
        [
            new(async (fence, time, token) => (await Fence.WaitAnyAsync([fence, fence], time, token)).Status),
            new(async (fence, time, token) => (await Fence.WaitAllAsync([fence, default], time, token)).Status),
        ],
        ["`FenceWaitSet.WaitAny` and `WaitAnyAsync`"] =
        [
            new((fence, time, token) => Blocking(() => Filled(fence).WaitAny(time, token).Status)),
            new(async (fence, time, token) => (await Filled(fence).WaitAnyAsync(time, token)).Status),
        ],
        ["the fence of a `FenceArray`"] = [new((fence, time, token) => Blocking(() => ArrayOf(fence).Wait(time, token)))],
        ["`FenceReservation.Wait` and `WaitAsync`"] =
        [
            new((fence, time, token) => Blocking(() => Holding(fence).Wait(FenceUsage.Read, time, token))),
            new(async (fence, time, token) => (await Holding(fence).WaitAsync(FenceUsage.Read, time, token)).Status),
        ],
        ["`await fence.AsTask`"] = [new(
            async (fence, _, _) =>
            {
                await fence.AsTask();
                return FenceStatus.Signaled;
            },
            TakesTime: false)],
        ["`FenceCompletionQueue`"] = [new(
            async (fence, _, _) =>
            {
                using FenceCompletionQueue queue = new(1);
                Assert.True(queue.TryWatch(fence));
                return (await queue.Reader.ReadAsync()).Status;
            },
            TakesTime: false)],
        ["`session.Wait` and `WaitAsync`"] =
        [
            new((fence, time, token) => Blocking(() => Session(fence).Wait(time, token))),
            new(async (fence, time, token) => await Session(fence).WaitAsync(time, token)),
        ],
    };

    public static TheoryData<string> Rows => [.. s_ways.Keys];

    [Fact]
    public void The_table_has_these_rows_and_no_others() => Assert.Equal(s_ways.Keys, ReadTable().Keys);

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_row_of_the_table_is_what_the_code_does(string row)
    {
        string[] cells = ReadTable()[row];
        foreach (Way way in s_ways[row])
        {
            FenceTimeline timeline = new("device", new FenceTimelineOptions { RetainedFaults = 1 });
            Fence pending = timeline.Issue();
            using CancellationTokenSource canceled = new();
            canceled.Cancel();
            Assert.Equal(cells[0], way.TakesTime ? await Cell(way, pending, TimeSpan.FromMilliseconds(1), default) : "–");
            Assert.Equal(cells[2], way.TakesTime ? await Cell(way, pending, Limit.Time, canceled.Token) : "–");

            Assert.True(timeline.Signal(pending, s_error));
            Assert.Equal(cells[1], await Cell(way, pending, Limit.Time, default));
            timeline.Signal(timeline.Issue(), new InvalidOperationException("later"));
            Assert.Equal(FenceStatus.Retired, pending.Status);
            Assert.Equal(cells[3], await Cell(way, pending, Limit.Time, default));

            Fence later = timeline.Issue();
            Task<string> waiting = Cell(way, later, Limit.Time, default);
            timeline.Signal(later, s_error);
            if (way.TakesTime)
            {
                Assert.Equal(cells[1], await Limit.OnAsync(waiting)); // who waits before the fault hears it, in the same way
            }
        }
    }

    private static async Task<string> Cell(Way way, Fence fence, TimeSpan time, CancellationToken token)
    {
        try
        {
            return $"`{await Limit.OnAsync(way.Wait(fence, time, token))}`";
        }
        catch (Exception exception) when (ReferenceEquals(exception, s_error))
        {
            return "throws the error";
        }
        catch (OperationCanceledException)
        {
            return "throws `OperationCanceledException`";
        }
        catch (FenceRetiredException)
        {
            return "throws `FenceRetiredException`";
        }
    }

    private static Task<object> Blocking<T>(Func<T> wait)
        where T : notnull => Task.Run(() => (object)wait());

    private static FenceWaitSet Filled(Fence fence)
    {
        FenceWaitSet set = new(1);
        set.Set(0, fence);
        return set;
    }

    private static Fence ArrayOf(Fence fence)
    {
        Assert.True(new FenceArray("both", 2).TryArmAll([fence, default], out Fence both));
        both.TryPoll();
        return both;
    }

    private static FenceReservation Holding(Fence fence)
    {
        FenceReservation reservation = new(new WoundWaitLock(new WoundWaitClass("ways")));
        Assert.True(reservation.Lock.TryLock());
        reservation.Reserve(1);
        reservation.Add(fence, FenceUsage.Write);
        reservation.Lock.Unlock();
        return reservation;
    }

    private static InvalidationSession Session(Fence fence)
    {
        InvalidationNotifier notifier = new("memory");
        notifier.Subscribe(new AddressRange(0, 1), new Gives(fence), "device");
        Assert.True(notifier.TrySchedule(new AddressRange(0, 1), InvalidationReason.Unmap, out InvalidationSession session));
        return session;
    }

    private static Dictionary<string, string[]> ReadTable()
    {
        string text = File.ReadAllText(Repository.PathOf("docs", "concepts.md"));
        int start = text.IndexOf("<!-- table: ways of waiting -->", StringComparison.Ordinal);
        int end = text.IndexOf("<!-- end of table -->", StringComparison.Ordinal);
        return text[start..end].Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal) || line.StartsWith("| the", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(cells => cells[1], cells => cells[2..6]);
    }

    private sealed record Way(Func<Fence, TimeSpan, CancellationToken, Task<object>> Wait, bool TakesTime = true);

    private sealed class Gives(Fence fence) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence handedOut)
        {
            handedOut = fence;
            return true;
        }
    }
}
