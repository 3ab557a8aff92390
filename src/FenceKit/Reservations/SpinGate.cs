// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Keeps two threads out of the same few instructions: one interlocked operation to enter, a store to leave. A field, never copied.
/// Inside, nobody waits for a third party or runs a stranger's code; at most a sleeper is woken. Since it never sleeps, it does not
/// throw on an interrupted thread either.
/// </summary>
internal struct SpinGate
{
    private int _taken;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Enter()
    {
        if (Interlocked.CompareExchange(ref _taken, 1, 0) != 0) // pairs with the store in Exit
        {
            Spin();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Exit() => Volatile.Write(ref _taken, 0); // a release of all that was changed inside

    private void Spin()
    {
        SpinWait spin = default;
        do
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
        while (Volatile.Read(ref _taken) != 0 || Interlocked.CompareExchange(ref _taken, 1, 0) != 0);
    }
}
