// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FenceKit;

/// <summary>
/// Takes the callback of a bridge out of its timeline when the user has let go of what the bridge was made for, whether it was disposed or not: it
/// is tied to that object, and is finalized when that can no longer be reached.
/// </summary>
/// <remarks>
/// Weak in both directions. The callback must not keep the user's object alive, or nothing would ever be let go; and the user's object must not keep the
/// timeline alive, or a timeline that everybody else has dropped would never fault what is waited for.
/// </remarks>
internal sealed class BridgeLifeline
{
    private static readonly ConditionalWeakTable<object, BridgeLifeline> s_lifelines = [];

    private readonly object _reference; // the callback's weak reference to the user's object, which the callback may not outlive
    private readonly object? _kept;
    private WeakGCHandle<BridgeCallback> _callback; // not a WeakReference: that may have been finalized before this is

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
    /// <param name="user">What the user holds.</param>
    /// <param name="callback">What is to be removed when the user lets go.</param>
    /// <param name="kept">What the callback needs, and is to live as long as <paramref name="user"/> does.</param>
    internal static void Tie(object user, BridgeCallback callback, object? kept = null) =>
        s_lifelines.Add(user, new BridgeLifeline(callback, kept));

    /// <summary>For the debugger, and so that the field has a reader: it is there to be referred to.</summary>
    public override string ToString() => $"lifeline of {_kept ?? "a bridge"}";
}
