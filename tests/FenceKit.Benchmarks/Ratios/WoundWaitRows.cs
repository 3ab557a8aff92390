// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Four locks at once. Ours may be taken in any order; theirs only in one, or they deadlock.</summary>
internal static class WoundWaitRows
{
    private const int Locks = 4;
    private static readonly WoundWaitClass s_class = new("ratios");
    private static readonly WoundWaitContext s_context = new(s_class);
    private static readonly WoundWaitLock[] s_woundWait = [.. Enumerable.Range(0, Locks).Select(_ => new WoundWaitLock(s_class))];
    private static readonly Lock[] s_nested = [.. Enumerable.Range(0, Locks).Select(_ => new Lock())];

    internal static IEnumerable<RatioRow> All() =>
    [
        new("ww.set4", AnyOrder, Nested, 3.0, "4 locks in any order, uncontended", "4 nested System.Threading.Lock"),
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
