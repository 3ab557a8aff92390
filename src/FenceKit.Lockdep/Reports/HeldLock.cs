// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>One lock in a report: which, in what mode, and where it was taken. Immutable and thread safe.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class HeldLock
{
    internal HeldLock(LockClass lockClass, int subclass, string instance, LockAcquireMode mode, LockAttempt attempt, LockSite? site, LockTrace? trace)
    {
        Class = lockClass;
        Subclass = subclass;
        Instance = instance;
        Mode = mode;
        Attempt = attempt;
        Site = site;
        Trace = trace;
    }

    /// <summary>The class of the lock.</summary>
    public LockClass Class { get; }

    /// <summary>The subclass, 0 for most.</summary>
    public int Subclass { get; }

    /// <summary>The instance: its name, or a number that is never used twice in the process.</summary>
    public string Instance { get; }

    /// <summary>The mode it is held or wanted in.</summary>
    public LockAcquireMode Mode { get; }

    /// <summary>Whether the acquisition waits, tries or gives up after a time.</summary>
    public LockAttempt Attempt { get; }

    /// <summary>Where it was taken, if the caller said so.</summary>
    public LockSite? Site { get; }

    /// <summary>
    /// The call stack with which it was taken here for the first time, innermost first; empty if none was captured. It begins with the user's
    /// code, and methods have the names that they have in the source. The first read allocates.
    /// </summary>
    public IReadOnlyList<string> Stack => Trace?.Frames ?? [];

    internal LockTrace? Trace { get; }

    /// <summary>The class name, with the subclass where there is one.</summary>
    public string ClassName => NameOf(Class, Subclass);

    /// <inheritdoc/>
    public override string ToString() => $"{ClassName} ({Instance}), {ModeText}";

    internal string ModeText => Describe(Mode, Attempt);

    internal static string NameOf(LockClass lockClass, int subclass) => subclass == 0 ? lockClass.Name : $"{lockClass.Name}/{subclass}";

    internal static string Describe(LockAcquireMode mode, LockAttempt attempt)
    {
        string text = mode switch
        {
            LockAcquireMode.Exclusive => "exclusive",
            LockAcquireMode.Shared => "shared",
            LockAcquireMode.SharedRecursive => "recursive shared",
            _ => "upgradeable",
        };
        return attempt switch
        {
            LockAttempt.Try => text + ", by try",
            LockAttempt.Timed => text + ", with a time limit",
            _ => text,
        };
    }
}
