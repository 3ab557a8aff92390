// SPDX-License-Identifier: MIT
namespace Catalog;

internal static class BadSpins
{
    private static SpinLock s_left = new(enableThreadOwnerTracking: false);
    private static SpinLock s_right = new();

    public static void Run()
    {
        Step();
        Back();
        new SpinFields().Run();
    }

    private static void Step()
    {
        bool hasLeft = false, hasRight = false;
        try
        {
            s_left.Enter(ref hasLeft);
            s_right.Enter(ref hasRight);
        }
        finally
        {
            if (hasRight)
            {
                s_right.Exit();
            }

            if (hasLeft)
            {
                s_left.Exit(useMemoryBarrier: false);
            }
        }
    }

    private static void Back()
    {
        bool hasLeft = false, hasRight = false;
        s_right.Enter(ref hasRight);
        s_left.Enter(ref hasLeft);
        s_left.Exit();
        s_right.Exit();
    }
}

internal sealed class SpinFields
{
    private readonly object _gate = new();
    private SpinLock _spin;

    public void Run()
    {
        bool isTaken = false;
        lock (_gate)
        {
            _spin.Enter(ref isTaken);
            _spin.Exit();
        }

        Action back = () =>
        {
            bool isTaken = false;
            _spin.Enter(ref isTaken);
            lock (_gate)
            {
            }

            _spin.Exit();
        };
        back();
    }
}
