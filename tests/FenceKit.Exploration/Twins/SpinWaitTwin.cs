using System.Runtime.CompilerServices;
using Real = System.Threading.SpinWait;

namespace FenceKit.Exploration;

/// <summary>Stands in for <see cref="Real"/>. A turn gives way to the others until one of them has changed memory.</summary>
internal struct SpinWaitTwin
{
    private Real _real;
    private int _turns;

    public readonly int Count => LogicalThread.Current is null ? _real.Count : _turns;

    /// <summary>True from the start, as on a machine with one core: code that spins first and blocks later shows how it blocks.</summary>
    public readonly bool NextSpinWillYield => LogicalThread.Current is not null || _real.NextSpinWillYield;

    public static void SpinUntil(Func<bool> condition)
    {
        var spinner = new SpinWaitTwin();
        while (!condition())
        {
            spinner.SpinOnce();
        }
    }

    public void SpinOnce([CallerMemberName] string member = "") => SpinOnce(-1, member);

    public void SpinOnce(int sleep1Threshold, [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            _real.SpinOnce(sleep1Threshold);
            return;
        }

        _turns++;
        thread.StepPastSpin();
        if (thread.IsTraced)
        {
            Operation.Note(thread, member, "spins");
        }
    }

    public void Reset()
    {
        _real.Reset();
        _turns = 0;
    }
}
