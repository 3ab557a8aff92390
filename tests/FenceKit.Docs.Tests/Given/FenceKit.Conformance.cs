// SPDX-License-Identifier: MIT
// The driver that the README of FenceKit.Conformance speaks of.
using System.Collections.Concurrent;
public readonly record struct MyJob(AddressRange Pages, Action<CancellationToken> Work);

public sealed class MyDriver : DeviceDriver<MyJob>
{
    private readonly BlockingCollection<DeviceCommand<MyJob>> _jobs = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _worker;

    public MyDriver() => (_worker = new Thread(Work) { IsBackground = true }).Start();

    public override int GetRanges(in MyJob job, Span<AddressRange> ranges)
    {
        ranges[0] = job.Pages;
        return 1;
    }

    public override void Start(ReadOnlySpan<DeviceCommand<MyJob>> batch)
    {
        foreach (DeviceCommand<MyJob> job in batch) _jobs.Add(job);
    }

    public override void OnLost(Exception reason)
    {
        _stop.Cancel();
        Close();
        _worker.Join();
    }

    public override void Close() => _jobs.CompleteAdding();

    private void Work()
    {
        foreach (DeviceCommand<MyJob> job in _jobs.GetConsumingEnumerable()) Run(job);
    }

    private void Run(DeviceCommand<MyJob> job)
    {
        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            using (job.BeginSignaling()) job.Payload.Work(_stop.Token);
            job.Complete();
        }
        catch (Exception error) { job.Fail(error); }
    }
}
