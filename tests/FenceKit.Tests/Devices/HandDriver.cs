// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace FenceKit.Tests;

/// <summary>A device that does nothing by itself: the test ends its commands by hand, in the order it likes.</summary>
internal sealed class HandDriver : DeviceDriver<int>
{
    private readonly ConcurrentQueue<DeviceCommand<int>> _started = new();

    internal List<int> Batches { get; } = [];

    internal Action<DeviceCommand<int>>? WhenStarted { get; set; }

    internal Action? WhenReset { get; set; }

    internal Action<Exception>? WhenLost { get; set; }

    internal Action? WhenClosed { get; set; }

    internal Action? WhenUnmapped { get; set; }

    internal Func<int, AddressRange>? RangeOf { get; set; }

    internal Func<int, TimeSpan>? LimitOf { get; set; }

    internal Func<DeviceCommand<int>, bool>? Hangs { get; set; }

    internal List<int> Asked { get; } = [];

    internal bool Keeps { get; init; }

    internal ConcurrentQueue<AddressRange> Unmapped { get; } = new();

    internal ConcurrentQueue<ulong> Canceled { get; } = new();

    internal int Losses;
    internal int Closes;

    internal IReadOnlyList<DeviceCommand<int>> Started => [.. _started];

    internal void Forget()
    {
        Batches.Clear();
        _started.Clear();
    }

    public override bool KeepsMappings => Keeps;

    public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
    {
        Batches.Add(batch.Length);
        foreach (DeviceCommand<int> command in batch)
        {
            _started.Enqueue(command);
            WhenStarted?.Invoke(command);
        }
    }

    public override TimeSpan GetHangTimeout(in int command, TimeSpan usual) => LimitOf?.Invoke(command) ?? usual;

    public override bool IsHung(in DeviceCommand<int> command)
    {
        Asked.Add(command.Payload);
        return Hangs?.Invoke(command) ?? true;
    }

    public override void Cancel(in DeviceCommand<int> command) => Canceled.Enqueue(command.Point);

    public override bool TryReset()
    {
        WhenReset?.Invoke();
        return WhenReset is not null;
    }

    public override void OnLost(Exception reason)
    {
        Interlocked.Increment(ref Losses);
        WhenLost?.Invoke(reason);
    }

    public override void Close()
    {
        Interlocked.Increment(ref Closes);
        WhenClosed?.Invoke();
    }

    public override void Unmap(AddressRange range)
    {
        Unmapped.Enqueue(range);
        WhenUnmapped?.Invoke();
    }

    public override int GetRanges(in int command, Span<AddressRange> ranges)
    {
        if (RangeOf is null)
        {
            return 0;
        }

        ranges[0] = RangeOf(command);
        return 1;
    }

    internal static DeviceQueueOptions Options(ManualTimeProvider? clock = null, int capacity = 256, int depth = 64, int batch = 16) => new()
    {
        Dispatch = DeviceDispatch.Inline,
        Capacity = capacity,
        Depth = depth,
        BatchSize = batch,
        TimeProvider = clock ?? TimeProvider.System,
    };
}
