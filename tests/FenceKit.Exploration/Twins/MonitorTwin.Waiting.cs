using System.Runtime.CompilerServices;
using Real = System.Threading.Monitor;

namespace FenceKit.Exploration;

internal static partial class MonitorTwin
{
    public static bool Wait(object target, [CallerMemberName] string member = "") => Wait(target, Timeout.Infinite, member);

    public static bool Wait(object target, TimeSpan timeout, [CallerMemberName] string member = "") =>
        Wait(target, (int)timeout.TotalMilliseconds, member);

    public static bool Wait(object target, int millisecondsTimeout, [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            return Real.Wait(target, millisecondsTimeout);
        }

        Note(thread, member, "waits on", target);
        bool isPulsed = Model(thread, target).Wait(thread, millisecondsTimeout);
        Note(thread, member, isPulsed ? "is woken by" : "gives up waiting on", target);
        return isPulsed;
    }

    public static void Pulse(object target, [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            Real.Pulse(target);
            return;
        }

        Model(thread, target).Pulse(thread, all: false);
        Note(thread, member, "pulses", target);
    }

    public static void PulseAll(object target, [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            Real.PulseAll(target);
            return;
        }

        Model(thread, target).Pulse(thread, all: true);
        Note(thread, member, "pulses all of", target);
    }
}
