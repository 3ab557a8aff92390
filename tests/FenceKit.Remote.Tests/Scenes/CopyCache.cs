// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>Copies of numbered values in one process, as a user of the library would keep them.</summary>
internal sealed class CopyCache : IInvalidationSubscriber
{
    private readonly long?[] _copies;
    private readonly AddressRange[] _ranges; // by key
    private readonly FencePool _drains = new("drains", 64);
    private readonly List<FenceSource> _draining = new(64); // a schedule must not allocate

    internal CopyCache(InvalidationNotifier notifier, AddressRange range, AddressRange[] ranges)
    {
        _ranges = ranges;
        _copies = new long?[ranges.Length];
        Subscription = notifier.Subscribe(range, this, "copies");
    }

    internal InvalidationSubscription Subscription { get; }

    /// <summary>Whether what it drops takes time to be gone.</summary>
    internal bool IsSlow { get; set; }

    /// <summary>Whether it cannot begin without blocking.</summary>
    internal bool IsBusy { get; set; }

    internal int Count => _copies.Count(copy => copy is not null);

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = default;
        if (IsBusy)
        {
            return false;
        }

        for (int key = 0; key < _copies.Length; key++)
        {
            if (request.Range.Overlaps(_ranges[key]))
            {
                _copies[key] = null;
            }
        }

        if (IsSlow && _drains.TryRent(out FenceSource source))
        {
            _draining.Add(source);
            fence = source.Fence;
        }

        return true;
    }

    internal void FinishDraining()
    {
        foreach (FenceSource source in _draining)
        {
            source.TrySignal();
        }

        _draining.Clear();
    }

    internal bool TryGet(int key, out long value)
    {
        value = _copies[key].GetValueOrDefault();
        return _copies[key] is not null;
    }

    internal bool TryPublish(int key, InvalidationSequence sequence, long value)
    {
        if (!Subscription.TryPopulate(sequence, out PopulateScope scope))
        {
            return false;
        }

        using (scope)
        {
            _copies[key] = value;
        }

        return true;
    }
}
