// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    internal LockMap MapOf(object instance, LockClass lockClass)
        => instance as LockMap ?? (_foreign.TryGetValue(instance, out LockMap? known) ? known : MakeMapOf(instance, lockClass));

    // A separate method, because the fast path must not create a delegate.
    private LockMap MakeMapOf(object instance, LockClass lockClass) => _foreign.GetValue(instance, target => LockMap.ForForeign(target, lockClass));

    private SituationItem[] ItemsOf(LockHolder stack, int depth)
    {
        var items = new List<SituationItem>(depth);
        foreach (HeldEntry entry in stack.Entries[..depth])
        {
            if (!entry.Record.IsUnchecked)
            {
                items.Add(new SituationItem(MapOf(entry.Instance!, entry.Record.Class), entry.Record, entry.Path));
            }
        }

        return [.. items];
    }

    private ulong ClassKeyOf(LockHolder stack, int depth, LockMap map, AcquireShape shape, object? nestedIn, LockSite? site)
    {
        ulong key = _seed;
        foreach (HeldEntry entry in stack.Entries[..depth])
        {
            if (!entry.Record.IsUnchecked)
            {
                // Whether it is the same instance decides between reentry and recursion, so it is part of the chain.
                bool isSame = ReferenceEquals(entry.Instance, map) || (entry.Instance is { } other && other is not LockMap && ReferenceEquals(MapOf(other, entry.Record.Class), map));
                key = ChainKey.Mix(key, entry.Record.ClassHash + (isSame ? 1UL : 0));
            }
        }

        ulong own = ChainRecord.ClassHashOf(map.Class, shape, stack.Active) + (ulong)(map.Capacity > 1 ? 1 : 0) + (ulong)(nestedIn is not null && stack.IndexOf(nestedIn) >= 0 ? 2 : 0);
        own = ChainKey.Mix(own, (ulong)(site is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(site)));
        bool isSuppressed = stack.IsSuppressed || stack.IsReporting || IsMasked(stack, map);
        return ChainKey.Mix(key ^ stack.Masked.Hash ^ (ulong)(stack.InNoWaitSection ? 4 : 0) ^ (ulong)(isSuppressed ? 8 : 0) ^ (ulong)(stack.IsTentative ? 16 : 0) ^ ((ulong)stack.WaitLimit << 8), own);
    }

    private LockTrace? CaptureFor(LockSite? site)
    {
        if (!_options.CaptureStacks)
        {
            return null;
        }

        LockTrace stack = LockTrace.Capture();
        site?.Remember(stack);
        return stack;
    }

    private static bool IsMasked(LockHolder stack, LockMap map) => stack.MaskedMaps is { Count: > 0 } masked && masked.Contains(map);
}
