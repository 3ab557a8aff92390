// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// The object that rewritten code creates instead of <c>new object()</c> for a field that is used as a lock. It carries its class, so that
/// no lookup is needed.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[DebuggerDisplay("{_site}")]
public sealed class LockObject
{
    private readonly LockCallSite _site;
    private LockMap? _map;

    /// <summary>Creates a lock.</summary>
    /// <param name="site">The site of the creation.</param>
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
