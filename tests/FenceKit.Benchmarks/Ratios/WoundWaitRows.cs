// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Four locks at once. Ours may be taken in any order; theirs only in one, or they deadlock.</summary>
internal static class WoundWaitRows
{
    private const int Locks = 4;
    private static readonly WoundWaitClass s_class = new("ratios");
    private static readonly WoundWaitContext s_context = new(s_class);
    private static readonly WoundWaitLockSet s_set = new(s_class);
    private static readonly WoundWaitLock[] s_woundWait = [.. Enumerable.Range(0, Locks).Select(_ => new WoundWaitLock(s_class))];
    private static readonly Lock[] s_nested = [.. Enumerable.Range(0, Locks).Select(_ => new Lock())];

    internal static IEnumerable<RatioRow> All() =>
    [
        new("ww.set4", AnyOrder, Nested, 3.0, "4 locks in any order, uncontended", "4 nested System.Threading.Lock"),
        new("ww.lockset2", SetOfTwo, NestedTwo, 4.0, "WoundWaitLockSet of 2 free locks", "2 nested System.Threading.Lock"),
    ];

    private static void AnyOrder(int count)
    {
        WoundWaitContext context = s_context;
        WoundWaitLock[] locks = s_woundWait;
        for (int i = 0; i < count; i++)
        {
            for (int turn = 0; turn < Locks; turn++)
            {
                locks[(i + turn) % Locks].Lock(context);
            }

            for (int turn = Locks - 1; turn >= 0; turn--)
            {
                locks[(i + turn) % Locks].Unlock(context);
            }
        }
    }

    private static void SetOfTwo(int count)
    {
        WoundWaitLockSet set = s_set;
        ReadOnlySpan<WoundWaitLock> locks = s_woundWait.AsSpan(0, 2);
        for (int i = 0; i < count; i++)
        {
            set.Lock(locks, Timeout.InfiniteTimeSpan);
            set.Unlock();
        }
    }

    private static void NestedTwo(int count)
    {
        Lock outer = s_nested[0];
        Lock inner = s_nested[1];
        for (int i = 0; i < count; i++)
        {
            outer.Enter();
            inner.Enter();
            inner.Exit();
            outer.Exit();
        }
    }

    private static void Nested(int count)
    {
        Lock[] locks = s_nested;
        for (int i = 0; i < count; i++)
        {
            for (int turn = 0; turn < Locks; turn++)
            {
                locks[turn].Enter();
            }

            for (int turn = Locks - 1; turn >= 0; turn--)
            {
                locks[turn].Exit();
            }
        }
    }
}
