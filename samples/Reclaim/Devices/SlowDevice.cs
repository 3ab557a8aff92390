// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Devices;

/// <summary>
/// A device that works off a bounded queue in order and needs <c>latency</c> for each thing it does, stopping included. With an infinite
/// latency it is a device that is stuck for ever.
/// </summary>
internal sealed class SlowDevice : IDisposable
{
    private readonly TimeSpan _latency;
    private readonly PageVerifier _verifier;
    private readonly StopQueue _stops;
    private readonly SlowMapping[] _mappings;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _worker;
    private readonly bool _isScanning;
    private long _scans;
    private long _stale;

    public SlowDevice(
        string name,
        TimeSpan latency,
        PageMemory memory,
        DataFile file,
        FrameTable frames,
        InvalidationNotifier notifier,
        Range buffers,
        bool isScanning)
    {
        _latency = latency;
        _isScanning = isScanning;
        _verifier = new PageVerifier(memory, file);
        _stops = new StopQueue(memory.Buffers);
        (int first, int count) = buffers.GetOffsetAndLength(memory.Buffers);
        _mappings = [.. Enumerable.Range(first, count).Select(
            buffer => new SlowMapping($"{name}, buffer {buffer}", buffer, memory, frames, _stops))];
        AttachTo(notifier);
        _worker = Task.Run(() => WorkAsync(_ending.Token));
    }

    public IReadOnlyList<SlowMapping> Mappings => _mappings;

    public long Scans => Volatile.Read(ref _scans);

    /// <summary>Pages that did not show what they should while this device was using them.</summary>
    public long Stale => Volatile.Read(ref _stale);

    /// <summary>Listens to this notifier from now on. While nothing is mapped.</summary>
    public void AttachTo(InvalidationNotifier notifier) => Array.ForEach(_mappings, mapping => mapping.AttachTo(notifier));

    public void Dispose()
    {
        _ending.Cancel();
        _worker.GetAwaiter().GetResult();
        foreach (SlowMapping mapping in _mappings)
        {
            mapping.Dispose();
        }

        _ending.Dispose();
        _stops.Dispose();
    }

    private async Task WorkAsync(CancellationToken ending)
    {
        try
        {
            for (int turn = 0; ; turn++)
            {
                if (_stops.TryRead(out SlowMapping? stopping))
                {
                    await Task.Delay(_latency, ending);
                    stopping!.Finish();
                }
                else if (_isScanning)
                {
                    await ScanAsync(_mappings[turn % _mappings.Length], ending);
                }
                else
                {
                    await _stops.WaitAsync(ending);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Switched off. A stop that it still owed faults when its mapping is disposed.
        }
        catch (Exception error)
        {
            Array.ForEach(_mappings, mapping => mapping.Poison(error));
            throw;
        }
    }

    /// <summary>Uses the memory, takes its time, and looks at it again at the very end: whoever wanted it gone must have waited.</summary>
    private async Task ScanAsync(SlowMapping mapping, CancellationToken ending)
    {
        bool isMapped = mapping.TryUse();
        await Task.Delay(_latency, ending);
        if (isMapped)
        {
            Interlocked.Add(ref _stale, mapping.Scan(_verifier));
            Interlocked.Increment(ref _scans);
        }
    }
}
