// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>The validator from the point of view of a held list, so that the lists need not refer to the validator's type.</summary>
internal interface IHeldListOwner
{
    /// <summary>Gets the held lists of all threads.</summary>
    HeldStackRegistry Stacks { get; }

    /// <summary>Gets a number that changes when cached verdicts become invalid.</summary>
    ulong Seed { get; }

    /// <summary>Gets the newest node of the asynchronous flow that runs on this thread.</summary>
    FlowNode? CurrentFlow { get; }

    /// <summary>Removes a lock that is not the last entry of a held list, and reports one that is not held.</summary>
    void ReleaseSlow(LockHolder stack, object instance);

    /// <summary>Returns the map of a lock that is identified by a user's object.</summary>
    LockMap MapOf(object instance, LockClass lockClass);
}
