// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Tests.Validator;

/// <summary>What a thread has walked before it finds again without the validator's tables, also where two chains have the same place.</summary>
public sealed class KnownChainTests
{
    private const int Places = 4096; // the most that a thread keeps
    private readonly LockValidator _validator = new(new LockValidatorOptions { Sinks = [], CaptureStacks = false });
    private readonly LockHolder _thread;

    public KnownChainTests()
    {
        var first = new LockMap(LockClass.Create("first"));
        _thread = _validator.Acquire(first);
        _thread.Release(first);
    }

    [Fact]
    public void Two_chains_of_one_place_are_both_known()
    {
        var site = new LockSite("a.cs", 1);
        (ulong one, ulong other) = OfOnePlace();
        _thread.Cache(_thread.KeyFor(one), RecordAt(site));
        _thread.Cache(_thread.KeyFor(other), RecordAt(site));
        for (int round = 0; round < 3; round++)
        {
            Assert.True(IsKnown(one, site));
            Assert.True(IsKnown(other, site));
        }
    }

    [Fact]
    public void A_lock_that_is_taken_at_many_places_of_a_program_is_known_at_each()
    {
        const ulong Own = 77;
        LockSite[] sites = [.. Enumerable.Range(0, 16).Select(static i => new LockSite($"{i}.cs", i))];
        foreach (LockSite site in sites)
        {
            _thread.Cache(_thread.KeyFor(Own), RecordAt(site));
        }

        Assert.All(sites, site => Assert.True(IsKnown(Own, site)));
    }

    [Fact]
    public void What_was_never_there_is_not_known()
    {
        var site = new LockSite("a.cs", 1);
        (ulong one, ulong other) = OfOnePlace();
        _thread.Cache(_thread.KeyFor(one), RecordAt(site));
        Assert.False(IsKnown(other, site));
        Assert.False(IsKnown(one, new LockSite("a.cs", 1)));
    }

    // Whatever the place of a key is, keys whose lower bits are the same have the same one.
    private (ulong One, ulong Other) OfOnePlace()
    {
        Dictionary<ulong, ulong> seen = [];
        for (ulong own = 1; ; own++)
        {
            ulong place = (_thread.KeyFor(own) >> 7) % Places;
            if (!seen.TryAdd(place, own))
            {
                return (seen[place], own);
            }
        }
    }

    private bool IsKnown(ulong own, LockSite site)
    {
        object instance = new();
        return _thread.TryPushCached(instance, own, site) && _thread.TryPopForeign(instance);
    }

    private static ChainRecord RecordAt(LockSite site) => new()
    {
        Class = LockClass.Create("known"),
        Shape = AcquireShape.Of(LockAcquireMode.Exclusive),
        SiteToken = site,
        Site = site,
        Stack = null,
        Context = default,
    };
}
