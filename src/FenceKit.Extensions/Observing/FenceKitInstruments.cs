// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;

namespace FenceKit.Extensions;

/// <summary>
/// The instruments that measure the parts of the container. All of them are observable: the values are read when metrics are collected.
/// </summary>
internal static class FenceKitInstruments
{
    internal const string MeterName = "FenceKit.Extensions";

    private const string Queue = "fencekit.device_queue";
    private const string Notifier = "fencekit.notifier";
    private const string Pool = "fencekit.pool";

    internal static void Create(IMeterFactory meters, FenceKitParts parts, StuckFenceWatch watch)
    {
        Meter meter = meters.Create(MeterName); // disposed by the factory
        meter.CreateObservableCounter("fencekit.device_queue.submitted", () => Queues(static queue => queue.GetStatistics().Submitted), "{command}", "Commands that were accepted.");
        meter.CreateObservableCounter("fencekit.device_queue.faulted", () => Queues(static queue => queue.GetStatistics().Faulted), "{command}", "Commands that faulted.");
        meter.CreateObservableCounter("fencekit.device_queue.canceled", () => Queues(static queue => queue.GetStatistics().Canceled), "{command}", "Commands that were canceled before they started.");
        meter.CreateObservableCounter("fencekit.device_queue.resets", () => Queues(static queue => queue.GetStatistics().Resets), "{reset}", "Resets of the device.");
        meter.CreateObservableUpDownCounter("fencekit.device_queue.queued", () => Queues(static queue => queue.GetStatistics().Queued), "{command}", "Commands that have not started.");
        meter.CreateObservableUpDownCounter("fencekit.device_queue.running", () => Queues(static queue => queue.GetStatistics().Running), "{command}", "Commands that the device has.");
        meter.CreateObservableUpDownCounter("fencekit.device_queue.lost", () => Queues(static queue => queue.LostReason is null ? 0 : 1), "{device}", "1 when the device is lost.");
        meter.CreateObservableUpDownCounter("fencekit.notifier.sessions.open", () => Notifiers(static notifier => notifier.ActiveSessions), "{session}", "Sessions that are open.");
        meter.CreateObservableUpDownCounter("fencekit.notifier.subscriptions", () => Notifiers(static notifier => notifier.GetStatistics().Subscriptions), "{subscription}", "Subscriptions.");
        meter.CreateObservableCounter("fencekit.notifier.slow_subscribers", () => Notifiers(static notifier => notifier.GetStatistics().SlowSubscribers), "{callback}", "Callbacks that took too long.");
        meter.CreateObservableCounter("fencekit.notifier.subscriber_faults", () => Notifiers(static notifier => notifier.GetStatistics().SubscriberFaults), "{callback}", "Callbacks that threw.");
        meter.CreateObservableCounter("fencekit.notifier.sessions.forgotten", () => Notifiers(static notifier => notifier.GetStatistics().Forgotten), "{session}", "Sessions that nobody ended.");
        meter.CreateObservableUpDownCounter("fencekit.notifier.quarantined", () => Notifiers(static notifier => notifier.GetQuarantined().Count), "{range}", "Ranges that the shutdown left behind and that are still held.");
        meter.CreateObservableUpDownCounter("fencekit.pool.available", () => Pools(static pool => pool.Available), "{fence}", "Fences that can be rented.");
        meter.CreateObservableUpDownCounter("fencekit.pool.capacity", () => Pools(static pool => pool.Capacity), "{fence}", "Fences of the pool.");
        meter.CreateObservableUpDownCounter("fencekit.fences.stuck", () => watch.Look().Count, "{wait}", "Waits that last longer than they should.");

        IEnumerable<Measurement<long>> Queues(Func<DeviceQueuePart, long> read) =>
            parts.Queues.Select(queue => new Measurement<long>(read(queue), new KeyValuePair<string, object?>(Queue, queue.Name)));

        IEnumerable<Measurement<long>> Notifiers(Func<InvalidationNotifier, long> read) =>
            parts.Notifiers.Select(part => new Measurement<long>(read(part.Notifier), new KeyValuePair<string, object?>(Notifier, part.Notifier.Name)));

        IEnumerable<Measurement<long>> Pools(Func<FencePool, long> read) =>
            parts.Pools.Select(pool => new Measurement<long>(read(pool), new KeyValuePair<string, object?>(Pool, pool.Name)));
    }
}
