// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using FenceKit.Samples.MappedStore.Store;

namespace FenceKit.Samples.MappedStore.Access;

/// <summary>Raw pointers under a <see cref="ReaderGate"/>: what FenceKit is for. Ranges are numbers of segments.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Close does it.")]
internal readonly unsafe struct GateStore : IStore
{
    private readonly DataFile _file;
    private readonly InvalidationNotifier _notifier = new("segments");
    private readonly ReaderGate _gate;
    private readonly MappedSegment[] _segments;

    internal GateStore(DataFile file)
    {
        _file = file;
        _gate = new ReaderGate(_notifier, new AddressRange(0, (ulong)file.Segments), "lookups", NewReaders.Pass);
        _segments = [.. Enumerable.Range(0, file.Segments).Select(segment => new MappedSegment(file, segment))];
    }

    public void Read(ReadOnlySpan<Lookup> lookups, Span<ulong> values)
    {
        GateReader reader = _gate.GetReader();
        MappedSegment[] segments = _segments;
        values = values[..lookups.Length];
        for (int number = 0; number < lookups.Length; number++)
        {
            using (reader.Enter()) // whatever is being replaced: a gate that lets new readers pass holds nobody up
            {
                values[number] = Volatile.Read(ref segments[lookups[number].Segment]).Keys[lookups[number].Index];
            }
        }
    }

    public void Replace(int segment)
    {
        // Out of reach first, as NewReaders.Pass demands: whoever comes from here on finds the new mapping.
        MappedSegment old = _segments[segment];
        Volatile.Write(ref _segments[segment], new MappedSegment(_file, segment));
        InvalidationOutcome outcome = _notifier.Invalidate(
            AddressRange.FromLength((ulong)segment, 1),
            InvalidationReason.Unmap,
            old,
            whileWaiting: null,
            free: static (old, _) => old.Unmap(),
            TimeSpan.FromSeconds(10));
        if (outcome == InvalidationOutcome.Completed)
        {
            return;
        }

        // Somebody may still read the old one: better never unmapped than too early.
        Span<ReaderHoldout> holdouts = new ReaderHoldout[1];
        throw new TimeoutException(_gate.CopyHoldouts(holdouts) > 0 ? $"{holdouts[0].Reader} does not leave." : "A reader does not leave.");
    }

    public void Close()
    {
        if (_notifier.Release(TimeSpan.FromSeconds(10)).Count == 0)
        {
            Array.ForEach(_segments, static segment => segment.Unmap());
        }

        _gate.Dispose();
    }
}
