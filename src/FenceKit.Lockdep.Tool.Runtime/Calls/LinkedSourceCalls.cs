// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// What the making and the end of a linked <see cref="CancellationTokenSource"/> become: <c>Dispose</c> ends the registrations with the tokens that it is linked to,
/// and waits while one of these is being canceled, which runs the callbacks of the linked one.
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

    /// <summary>What runs the callbacks of a token that is linked to others; null for most.</summary>
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
