// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FenceKit;

/// <summary>
/// Removes the callback of a bridge from its timeline when the user's object is collected, disposed or not. A ConditionalWeakTable ties the
/// lifeline to that object, so its finalizer runs when the object is unreachable.
/// </summary>
/// <remarks>
/// The references are weak in both directions. The callback must not keep the user's object alive, or that would never be collected. The
/// user's object must not keep the timeline alive, or an abandoned timeline would never be collected, and its pending fences would never
/// fault.
/// </remarks>
internal sealed class BridgeLifeline
{
    private static readonly ConditionalWeakTable<object, BridgeLifeline> s_lifelines = [];

    private readonly object _reference; // the callback's weak reference to the user's object; see BridgeCallback.Reference
    private readonly object? _kept;
    private WeakGCHandle<BridgeCallback> _callback; // not a WeakReference, which may be finalized before this object

    private BridgeLifeline(BridgeCallback callback, object? kept)
    {
        _callback = new WeakGCHandle<BridgeCallback>(callback);
        _reference = callback.Reference;
        _kept = kept;
    }

    ~BridgeLifeline()
    {
        if (_callback.TryGetTarget(out BridgeCallback? callback))
        {
            callback.Remove();
        }

        _callback.Dispose();
        BridgeCallback.Release(_reference);
    }

    /// <summary>Ties a callback to an object.</summary>
    /// <param name="user">The user's object.</param>
    /// <param name="callback">The callback to remove when <paramref name="user"/> is collected.</param>
    /// <param name="kept">An object to keep alive as long as <paramref name="user"/>; null for none.</param>
    internal static void Tie(object user, BridgeCallback callback, object? kept = null) =>
        s_lifelines.Add(user, new BridgeLifeline(callback, kept));

    /// <summary>For the debugger. Also reads _kept, which exists only to keep an object alive.</summary>
    public override string ToString() => $"lifeline of {_kept ?? "a bridge"}";
}
