// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Devices that take a while to let go, invalidated in split phases or one after the other.</summary>
internal sealed class SplitDevices
{
    private static readonly AddressRange s_range = new(0, 1);
    private readonly InvalidationNotifier _together = new("together");
    private readonly InvalidationNotifier[] _alone;

    internal SplitDevices(int devices, TimeSpan latency)
    {
        _alone = new InvalidationNotifier[devices];
        for (int index = 0; index < devices; index++)
        {
            TimedDevice device = new(latency);
            _together.Subscribe(s_range, device, "device");
            _alone[index] = new InvalidationNotifier("alone");
            _alone[index].Subscribe(s_range, device, "device");
        }
    }

    internal void Split(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _together.Invalidate(s_range, InvalidationReason.Unmap, whileWaiting: null, free: static _ => { });
        }
    }

    internal void Sequential(int count)
    {
        for (int i = 0; i < count; i++)
        {
            foreach (InvalidationNotifier notifier in _alone)
            {
                notifier.Invalidate(s_range, InvalidationReason.Unmap, whileWaiting: null, free: static _ => { });
            }
        }
    }

    private sealed class TimedDevice : IInvalidationSubscriber
    {
        private readonly FenceTimeline _timeline = new("device");
        private readonly Timer _timer;
        private readonly TimeSpan _latency;

        internal TimedDevice(TimeSpan latency)
        {
            _latency = latency;
            _timer = new Timer(_ => _timeline.Signal(_timeline.Issued), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = _timeline.Issue();
            _timer.Change(_latency, Timeout.InfiniteTimeSpan);
            return true;
        }
    }
}
