// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for <c>CreateLinkedTokenSource</c> and for <c>Dispose</c> of a <see cref="CancellationTokenSource"/>. A linked source has registrations with other
/// tokens. When such a token is canceled, the thread that cancels it runs the callbacks of the linked source. <c>Dispose</c> of the linked source removes the
/// registrations, and waits for that thread if it is in one of these callbacks: a lock that is held during <c>Dispose</c> must not be taken by a callback.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.CancellationTokenSource")]
public static class LinkedSourceCalls
{
    private static readonly ConditionalWeakTable<CancellationTokenSource, LockMap> s_maps = [];

    public static CancellationTokenSource CreateLinkedTokenSource(CancellationToken token, LockCallSite site)
        => Known(CancellationTokenSource.CreateLinkedTokenSource(token), [token], site);

    public static CancellationTokenSource CreateLinkedTokenSource(CancellationToken token1, CancellationToken token2, LockCallSite site)
        => Known(CancellationTokenSource.CreateLinkedTokenSource(token1, token2), [token1, token2], site);

    public static CancellationTokenSource CreateLinkedTokenSource(CancellationToken[] tokens, LockCallSite site)
        => Known(CancellationTokenSource.CreateLinkedTokenSource(tokens), tokens, site);

    public static CancellationTokenSource CreateLinkedTokenSource(ReadOnlySpan<CancellationToken> tokens, LockCallSite site)
        => Known(CancellationTokenSource.CreateLinkedTokenSource(tokens), tokens, site);

    public static void Dispose(CancellationTokenSource target, LockCallSite site)
    {
        if (Session.IsOn && target is not null && Session.Validator.HoldsAnything && s_maps.TryGetValue(target, out LockMap? map))
        {
            Session.Validator.WaitFor(map, site);
        }

        target!.Dispose();
    }

    /// <summary>
    /// Returns the map that a thread holds while it runs callbacks of the token, if the source of the token is a linked one; null for all others. <c>Dispose</c> of the
    /// source waits for that map.
    /// </summary>
    internal static LockMap? MapOf(ref CancellationToken token) => SourceOf(ref token) is { } source && s_maps.TryGetValue(source, out LockMap? map) ? map : null;

    private static CancellationTokenSource Known(CancellationTokenSource source, ReadOnlySpan<CancellationToken> tokens, LockCallSite site)
    {
        bool isLinked = false;
        foreach (CancellationToken token in tokens)
        {
            isLinked |= token.CanBeCanceled;
        }

        if (Session.IsOn && isLinked)
        {
            s_maps.Add(source, new LockMap(LockClasses.Of($"callbacks of {site.LockName ?? site.Place.Member}")) { IsContext = true });
        }

        return source;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_source")]
    private static extern ref CancellationTokenSource? SourceOf(ref CancellationToken token);
}
