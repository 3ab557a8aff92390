// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Validation at the end of the run: of the code that signals objects, and of work that no code has waited for.</summary>
internal static class RunEnd
{
    private const int Most = 4096;
    private static readonly UninterruptedLock s_gate = new();
    private static readonly List<SignalState> s_signals = []; // under the gate
    private static readonly List<LockFork> s_forks = []; // under the gate

    public static void Add(SignalState signal)
    {
        using (s_gate.EnterScope())
        {
            if (s_signals.Count < Most)
            {
                s_signals.Add(signal);
            }
        }
    }

    public static void Add(LockFork fork)
    {
        using (s_gate.EnterScope())
        {
            if (s_forks.Count < Most)
            {
                s_forks.Add(fork);
            }
        }
    }

    /// <summary>Called at the end of the program.</summary>
    public static void Judge()
    {
        using var ignored = LockValidator.Ignore();
        SignalState[] signals;
        LockFork[] forks;
        using (s_gate.EnterScope())
        {
            signals = [.. s_signals];
            forks = [.. s_forks];
        }

        foreach (LockFork fork in forks)
        {
            Session.Validator.JudgeUndecided(fork);
        }

        foreach (SignalState signal in signals)
        {
            signal.Judge();
        }
    }
}
