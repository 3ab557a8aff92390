// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Tests;

/// <summary>A subscriber that remembers what it was asked, and answers as the test says.</summary>
internal sealed class StubSubscriber : IInvalidationSubscriber
{
    private readonly List<InvalidationRequest> _requests = [];
    private int _calls;

    internal int Calls => Volatile.Read(ref _calls);

    /// <summary>Handed back by the next calls; <c>default</c> is "done".</summary>
    internal Fence Fence { get; set; }

    internal bool Refuses { get; set; }

    internal bool Remembers { get; set; } = true;

    internal Action<InvalidationRequest>? Then { get; set; }

    internal IReadOnlyList<InvalidationRequest> Requests => _requests;

    internal AddressRange LastRange => _requests[^1].Range;

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        Interlocked.Increment(ref _calls);
        if (Remembers)
        {
            using LockSectionScope allocates = ContractReports.AskedFor("a subscriber writes down what it is asked");
            lock (_requests)
            {
                _requests.Add(request);
            }
        }

        Then?.Invoke(request);
        fence = Refuses ? default : Fence;
        return !Refuses;
    }
}
