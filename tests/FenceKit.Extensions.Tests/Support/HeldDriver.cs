// SPDX-License-Identifier: MIT
namespace FenceKit.Extensions.Tests;

/// <summary>A device whose commands end when the test says so.</summary>
internal sealed class HeldDriver : DeviceDriver<int>
{
    private readonly List<DeviceCommand<int>> _running = [];

    internal int Running
    {
        get
        {
            lock (_running)
            {
                return _running.Count;
            }
        }
    }

    internal bool IsClosed { get; private set; }

    public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
    {
        lock (_running)
        {
            _running.AddRange(batch);
        }
    }

    public override void OnLost(Exception reason)
    {
    }

    public override void Close() => IsClosed = true;

    internal void Finish()
    {
        DeviceCommand<int>[] running;
        lock (_running)
        {
            running = [.. _running];
            _running.Clear();
        }

        Array.ForEach(running, command => command.Complete());
    }
}
