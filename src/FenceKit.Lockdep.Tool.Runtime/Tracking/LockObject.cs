// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// What rewritten code makes in place of <c>new object()</c> where that is stored in a field, or in a local that is locked: it carries its class, so that nobody need look it up.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[DebuggerDisplay("{_site}")]
public sealed class LockObject
{
    private readonly LockCallSite _site;
    private LockMap? _map;

    /// <summary>Makes a lock.</summary>
    /// <param name="site">Where.</param>
    public LockObject(LockCallSite site)
    {
        _site = site;
        MadeIn = LazyMaking.Current;
    }

    /// <summary>The making of a value that the lock belongs to; null for most.</summary>
    internal LazyMaking? MadeIn { get; }

    /// <summary>As what it stands for.</summary>
    public override string ToString() => "System.Object";

    internal LockMap Map => Volatile.Read(ref _map) ?? Make(); // pairs with the exchange in Make

    private LockMap Make()
    {
        LockMap map = LockMap.ForForeign(this, _site.Named());
        return Interlocked.CompareExchange(ref _map, map, null) ?? map; // pairs with the read in Map
    }
}
