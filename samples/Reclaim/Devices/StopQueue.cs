// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Devices;

/// <summary>
/// What a device is told to stop. Writing is done inside a schedule, so it neither waits nor allocates: the places are there from the
/// start, and the doorbell is a fence. A channel would allocate to wake its reader.
/// </summary>
internal sealed class StopQueue(int capacity) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SlowMapping[] _places = new SlowMapping[capacity]; // under the gate, like the next two
    private int _first;
    private int _count;
    private readonly FenceTimeline _doorbell = new("stop");

    /// <summary>Never blocks. False: there is no room.</summary>
    public bool TryWrite(SlowMapping mapping)
    {
        lock (_gate)
        {
            if (_count == _places.Length)
            {
                return false;
            }

            _places[(_first + _count++) % _places.Length] = mapping;
        }

        _doorbell.Signal(_doorbell.Issued);
        return true;
    }

    public bool TryRead(out SlowMapping? mapping)
    {
        lock (_gate)
        {
            mapping = _count == 0 ? null : _places[_first];
            if (mapping is null)
            {
                return false;
            }

            _first = (_first + 1) % _places.Length;
            _count--;
            return true;
        }
    }

    /// <summary>Waits, without a thread, until there is something to read.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Fence rung = _doorbell.Issue(); // before the look: whoever writes after it rings
        bool isEmpty;
        lock (_gate)
        {
            isEmpty = _count == 0;
        }

        if (isEmpty)
        {
            _ = await rung.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }

    public void Dispose() => _doorbell.Dispose();
}
