// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Waits for a fence on behalf of an object of the user's, a handle or a descriptor, which it does not keep alive.</summary>
/// <typeparam name="TUser">What the user holds.</typeparam>
internal abstract class BridgeCallback<TUser> : BridgeCallback
    where TUser : class
{
    private protected BridgeCallback(Fence fence, TUser user)
        : base(fence)
    {
        WeakReference<TUser> reference = new(user);
#pragma warning disable CA1816 // Of another object, on purpose: see Reference.
        GC.SuppressFinalize(reference);
#pragma warning restore CA1816
        Reference = reference;
    }

    /// <summary>The user's object; null when nobody holds it any more.</summary>
    private protected TUser? User => ((WeakReference<TUser>)Reference).TryGetTarget(out TUser? user) ? user : null;
}

/// <inheritdoc cref="BridgeCallback{TUser}"/>
internal abstract class BridgeCallback : FenceCallback
{
    private readonly Fence _fence;

    private protected BridgeCallback(Fence fence) => _fence = fence;

    /// <summary>
    /// A weak reference is finalized together with a callback that only an abandoned timeline refers to, and would have forgotten the user's object just
    /// when that is to be told. So it is not finalized as long as the user's object lives; <see cref="Release"/> lets it.
    /// </summary>
    internal object Reference { get; private protected init; } = null!;

    internal void Remove() => _fence.TryRemoveCallback(this);

    /// <summary>The user's object is gone, or will never be looked for: its weak reference may go.</summary>
    internal static void Release(object reference) => GC.ReRegisterForFinalize(reference);
}
