// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// A callback that waits for a fence on behalf of a user's object, such as a handle or a descriptor, and does not keep that object alive.
/// </summary>
/// <typeparam name="TUser">The type of the user's object.</typeparam>
internal abstract class BridgeCallback<TUser> : BridgeCallback
    where TUser : class
{
    private protected BridgeCallback(Fence fence, TUser user)
        : base(fence)
    {
        WeakReference<TUser> reference = new(user);
#pragma warning disable CA1816 // Suppresses the finalizer of another object on purpose: see Reference.
        GC.SuppressFinalize(reference);
#pragma warning restore CA1816
        Reference = reference;
    }

    /// <summary>The user's object; null when it was collected.</summary>
    private protected TUser? User => ((WeakReference<TUser>)Reference).TryGetTarget(out TUser? user) ? user : null;
}

/// <inheritdoc cref="BridgeCallback{TUser}"/>
internal abstract class BridgeCallback : FenceCallback
{
    private readonly Fence _fence;

    private protected BridgeCallback(Fence fence) => _fence = fence;

    /// <summary>
    /// The weak reference to the user's object. When a timeline is abandoned, its callbacks and their weak references become finalizable at
    /// the same time, and a finalized weak reference has lost its target, which must still be notified. So the finalizer of the weak
    /// reference is suppressed until <see cref="Release"/>.
    /// </summary>
    internal object Reference { get; private protected init; } = null!;

    internal void Remove() => _fence.TryRemoveCallback(this);

    /// <summary>Allows a weak reference to be finalized, once the user's object is collected or no longer needed.</summary>
    internal static void Release(object reference) => GC.ReRegisterForFinalize(reference);
}
