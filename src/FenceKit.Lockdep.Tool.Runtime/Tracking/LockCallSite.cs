// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// A call in rewritten code. The rewriter creates a static readonly field for each, so that the JIT compiler treats it as a constant.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[DebuggerDisplay("{Place}, {LockName}")]
public sealed class LockCallSite
{
    private const string GivenCallback = "a callback of "; // as the rewriter names them
    private LockClass? _class;

    /// <summary>Creates the site of a call.</summary>
    /// <param name="file">The source file, or the assembly if there are no symbols.</param>
    /// <param name="line">The line, or 0.</param>
    /// <param name="member">The method, with its name in the source.</param>
    /// <param name="lockName">The name of the lock's class, if known at the call; null to use the type of the lock.</param>
    public LockCallSite(string file, int line, string member, string? lockName)
    {
        Place = new LockSite(file, line, member);
        LockName = lockName;
    }

    internal LockSite Place { get; }

    internal string? LockName { get; }

    /// <summary>Whether the site is that of a callback of which the code there does not say which it is.</summary>
    internal bool IsOfGivenCallback => LockName is not null && LockName.StartsWith(GivenCallback, StringComparison.Ordinal);

    /// <summary>The lock of the site, if there is only one.</summary>
    internal LockMap? Map { get; set; }

    /// <summary>The class for a lock that has none yet.</summary>
    internal LockClass ClassFor(object target) => LockName is null ? LockClasses.Of(target.GetType()) : Named();

    internal LockClass Named() => _class ??= LockClasses.Of(LockName ?? $"a lock in {Place.Member}");
}
