// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

// Adds and removes invalidations in the trees of their stripes: each range is in the tree of every stripe that it touches.
internal sealed partial class InvalidationLedger
{
    private static int CountNodes(ReadOnlySpan<AddressRange> ranges, StripeSet stripes, ulong layout)
    {
        if (stripes.IsOne)
        {
            return ranges.Length;
        }

        int count = 0;
        foreach (AddressRange range in ranges)
        {
            count += StripesOf(range, layout).Count;
        }

        return count;
    }

    /// <summary>
    /// Under the locks, while the versions are odd: adds the invalidation to all trees of its stripes, and makes it wait for the open
    /// invalidations there that it overlaps.
    /// </summary>
    private void AddToTrees(ActiveInvalidation invalidation, StripeSet stripes, ulong layout)
    {
        Following following = new(invalidation);
        ulong number = invalidation.Number;
        Span<int> nodes = invalidation.Nodes;
        int node = 0;
        for (StripeSet left = stripes; !left.IsEmpty; left = left.WithoutFirst)
        {
            LedgerStripe stripe = _stripes[left.First];
            foreach (AddressRange range in invalidation.Ranges)
            {
                if (stripes.IsOne || StripesOf(range, layout).Contains(left.First))
                {
                    if (stripe.Open.Count != 0)
                    {
                        stripe.Open.Find(range, after: 0, ref following, int.MaxValue, out _);
                    }

                    stripe.Recent.Note(range, number);
                    nodes[node++] = stripe.Open.Add(range, number, invalidation);
                }
            }
        }
    }

    /// <summary>Adds an invalidation that is already open to the trees of a new layout.</summary>
    private void MoveToTrees(ActiveInvalidation invalidation, StripeSet stripes, ulong layout)
    {
        int node = 0;
        for (StripeSet left = stripes; !left.IsEmpty; left = left.WithoutFirst)
        {
            foreach (AddressRange range in invalidation.Ranges)
            {
                if (stripes.IsOne || StripesOf(range, layout).Contains(left.First))
                {
                    invalidation.Nodes[node++] = _stripes[left.First].Open.Add(range, invalidation.Number, invalidation);
                }
            }
        }
    }

    private void RemoveFromTrees(ActiveInvalidation invalidation, StripeSet stripes, ulong layout)
    {
        Span<int> nodes = invalidation.Nodes;
        int node = 0;
        for (StripeSet left = stripes; !left.IsEmpty; left = left.WithoutFirst)
        {
            RangeTree<ActiveInvalidation> open = _stripes[left.First].Open;
            foreach (AddressRange range in invalidation.Ranges)
            {
                if (stripes.IsOne || StripesOf(range, layout).Contains(left.First))
                {
                    open.Remove(nodes[node++]);
                }
            }
        }
    }

    /// <summary>
    /// Under the locks of the range: finds an open invalidation that overlaps and that the filter accepts. One that is in several trees may
    /// be passed to the filter several times.
    /// </summary>
    private ActiveInvalidation? FindLocked<TFilter>(AddressRange range, StripeSet stripes, ref TFilter filter)
        where TFilter : struct, IRangeFilter<ActiveInvalidation>
    {
        for (StripeSet left = stripes; !left.IsEmpty; left = left.WithoutFirst)
        {
            RangeTree<ActiveInvalidation> open = _stripes[left.First].Open;
            int node = open.Find(range, after: 0, ref filter, int.MaxValue, out _);
            if (node != 0)
            {
                return open.ItemOf(node);
            }
        }

        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeginChange(StripeSet stripes)
    {
        if (stripes.IsOnlyFirst)
        {
            _first.Changes.BeginWrite();
            return;
        }

        for (StripeSet left = stripes; !left.IsEmpty; left = left.WithoutFirst)
        {
            _stripes[left.First].Changes.BeginWrite();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EndChange(StripeSet stripes)
    {
        if (stripes.IsOnlyFirst)
        {
            _first.Changes.EndWrite();
            return;
        }

        for (StripeSet left = stripes; !left.IsEmpty; left = left.WithoutFirst)
        {
            _stripes[left.First].Changes.EndWrite();
        }
    }

    [Conditional("DEBUG")]
    private void AssertHeld(StripeSet held)
    {
        for (StripeSet left = held; !left.IsEmpty; left = left.WithoutFirst)
        {
            Debug.Assert(_stripes[left.First].Lock.IsHeldByCurrentThread, "The ledger is written under its locks.");
        }
    }
}
