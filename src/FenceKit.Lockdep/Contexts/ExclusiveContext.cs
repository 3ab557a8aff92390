// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>
/// A resource that one piece of code has at a time without being a lock: the UI thread, the finalizer thread, a single-threaded scheduler,
/// reclaim. Being inside is holding it; needing it is waiting for it.
/// </summary>
/// <remarks>Belongs to no validator; immutable and thread safe. (fs_reclaim and the workqueue maps of Linux lockdep.)</remarks>
[DebuggerDisplay("{Name,nq}")]
public sealed class ExclusiveContext
{
    /// <summary>Declares an exclusive context.</summary>
    /// <param name="name">The name in reports and snapshots.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null, empty or white space, or holds a control character.</exception>
    public ExclusiveContext(string name) => Map = new LockMap(LockClass.Create(name), name) { IsContext = true };

    /// <summary>The name in reports.</summary>
    public string Name => Map.Class.Name;

    /// <summary>The pseudo lock behind it.</summary>
    public LockMap Map { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
