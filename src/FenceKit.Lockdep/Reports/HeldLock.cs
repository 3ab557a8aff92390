// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>A lock in a report: its class and instance, its mode, and where it was acquired. Immutable and thread safe.</summary>
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

    /// <summary>The subclass; usually 0.</summary>
    public int Subclass { get; }

    /// <summary>The instance: its name, or a number that is unique in the process.</summary>
    public string Instance { get; }

    /// <summary>The mode in which the lock is held or wanted.</summary>
    public LockAcquireMode Mode { get; }

    /// <summary>Whether the acquisition waits, tries or gives up after a time.</summary>
    public LockAttempt Attempt { get; }

    /// <summary>Where the lock was acquired, if the caller passed a site.</summary>
    public LockSite? Site { get; }

    /// <summary>
    /// The call stack of the first acquisition at this site, innermost frame first; empty if none was captured. It begins with user code,
    /// and methods have their names in the source. The first read allocates.
    /// </summary>
    public IReadOnlyList<string> Stack => Trace?.Frames ?? [];

    internal LockTrace? Trace { get; }

    /// <summary>The class name, followed by the subclass if it is not 0.</summary>
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
