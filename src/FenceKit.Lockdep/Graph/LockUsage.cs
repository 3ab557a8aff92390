// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Graph;

/// <summary>
/// How a class is used with interrupting contexts: acquired inside them, or held where they may interrupt; by readers or exclusively.
/// </summary>
internal sealed class LockUsage
{
    private List<(bool IsUsedIn, bool IsRead, int Context, HeldLock Lock, string Thread)>? _evidence;

    public ContextSet UsedIn { get; private set; }

    public ContextSet UsedInRead { get; private set; }

    public ContextSet Enabled { get; private set; }

    public ContextSet EnabledRead { get; private set; }

    public bool IsEmpty => UsedIn.IsEmpty && UsedInRead.IsEmpty && Enabled.IsEmpty && EnabledRead.IsEmpty;

    public ContextSet Of(bool isUsedIn, bool isRead) => (isUsedIn, isRead) switch
    {
        (true, false) => UsedIn,
        (true, true) => UsedInRead,
        (false, false) => Enabled,
        _ => EnabledRead,
    };

    public void Add(bool isUsedIn, bool isRead, int context, HeldLock how, string thread)
    {
        ContextSet added = Of(isUsedIn, isRead) | ContextSet.Of(context);
        _ = (isUsedIn, isRead) switch
        {
            (true, false) => UsedIn = added,
            (true, true) => UsedInRead = added,
            (false, false) => Enabled = added,
            _ => EnabledRead = added,
        };
        (_evidence ??= []).Add((isUsedIn, isRead, context, how, thread));
    }

    /// <summary>The first acquisition that showed this use; an exclusive one is preferred.</summary>
    public (HeldLock Lock, string Thread) EvidenceFor(bool isUsedIn, int context)
    {
        (HeldLock Lock, string Thread)? read = null;
        foreach (var entry in _evidence ?? [])
        {
            if (entry.IsUsedIn == isUsedIn && entry.Context == context)
            {
                if (!entry.IsRead)
                {
                    return (entry.Lock, entry.Thread);
                }

                read ??= (entry.Lock, entry.Thread);
            }
        }

        return read ?? throw new System.Diagnostics.UnreachableException("A use without evidence was never added.");
    }
}
