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
        _gate = new ReaderGate(_notifier, new AddressRange(0, (ulong)file.Segments), "lookups");
        _segments = [.. Enumerable.Range(0, file.Segments).Select(segment => new MappedSegment(file, segment))];
    }

    public ulong Read(int segment, int index)
    {
        using (_gate.Enter(AddressRange.FromLength((ulong)segment, 1)))
        {
            return Volatile.Read(ref _segments[segment]).Keys[index];
        }
    }

    public void Replace(int segment)
    {
        if (!_notifier.TrySchedule(AddressRange.FromLength((ulong)segment, 1), InvalidationReason.Unmap, out InvalidationSession session))
        {
            return;
        }

        using (session)
        {
            MappedSegment old = _segments[segment];
            Volatile.Write(ref _segments[segment], new MappedSegment(_file, segment)); // readers of this segment park until the end
            if (session.Wait(TimeSpan.FromSeconds(10)) == InvalidationOutcome.Completed)
            {
                old.Unmap();
                session.Commit();
                return;
            }

            // Somebody may still read the old one: better never unmapped than too early. It stays; leaving the scope backs off.
            Span<ReaderHoldout> holdouts = new ReaderHoldout[1];
            throw new TimeoutException(_gate.CopyHoldouts(holdouts) > 0 ? $"{holdouts[0].Reader} does not leave." : "A reader does not leave.");
        }
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
