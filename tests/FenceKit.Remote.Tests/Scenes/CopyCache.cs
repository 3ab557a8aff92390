// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>Copies of numbered values in one process, as a user of the library would keep them.</summary>
internal sealed class CopyCache : IInvalidationSubscriber
{
    private readonly Dictionary<int, long> _copies = [];
    private readonly Func<int, AddressRange> _rangeOf;
    private readonly FencePool _drains = new("drains", 64);
    private readonly List<FenceSource> _draining = [];

    internal CopyCache(InvalidationNotifier notifier, AddressRange range, Func<int, AddressRange> rangeOf)
    {
        _rangeOf = rangeOf;
        Subscription = notifier.Subscribe(range, this, "copies");
    }

    internal InvalidationSubscription Subscription { get; }

    /// <summary>Whether what it drops takes time to be gone.</summary>
    internal bool IsSlow { get; set; }

    /// <summary>Whether it cannot begin without blocking.</summary>
    internal bool IsBusy { get; set; }

    internal int Count => _copies.Count;

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = default;
        if (IsBusy)
        {
            return false;
        }

        foreach (int key in _copies.Keys)
        {
            if (request.Range.Overlaps(_rangeOf(key)))
            {
                _copies.Remove(key);
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

    internal bool TryGet(int key, out long value) => _copies.TryGetValue(key, out value);

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
