// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace FenceKit.Tests.Readme;

// snippet: DriverQuickStart
public readonly record struct CopyJob(AddressRange Pages, Action<CancellationToken> Work);

public sealed class CopyEngine : DeviceDriver<CopyJob>
{
    private readonly BlockingCollection<DeviceCommand<CopyJob>> _jobs = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _worker;

    public CopyEngine() => (_worker = new Thread(Work) { IsBackground = true }).Start();

    public override int GetRanges(in CopyJob job, Span<AddressRange> ranges)    // what a job uses: nobody gets it while the job runs
    {
        ranges[0] = job.Pages;
        return 1;
    }

    public override void Start(ReadOnlySpan<DeviceCommand<CopyJob>> batch)      // hands the jobs over, and does not wait for them
    {
        foreach (DeviceCommand<CopyJob> job in batch) _jobs.Add(job);
    }

    public override void OnLost(Exception reason)                               // once it returns, no memory is touched any more
    {
        _stop.Cancel();
        Close();
        _worker.Join();
    }

    public override void Close() => _jobs.CompleteAdding();                     // the worker ends with the last job

    private void Work()
    {
        foreach (DeviceCommand<CopyJob> job in _jobs.GetConsumingEnumerable()) Run(job);
    }

    private void Run(DeviceCommand<CopyJob> job)
    {
        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            using (job.BeginSignaling()) job.Payload.Work(_stop.Token);
            job.Complete();                                                     // signals its fence, in its turn
        }
        catch (Exception error) { job.Fail(error); }                            // faults its fence; the next job runs
    }
}
// endsnippet
