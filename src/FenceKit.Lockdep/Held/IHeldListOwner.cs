// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>What a held list asks of the validator that it belongs to, so that the lists stand below the validator and do not know it.</summary>
internal interface IHeldListOwner
{
    /// <summary>Gets the held lists of all threads.</summary>
    HeldStackRegistry Stacks { get; }

    /// <summary>Gets a number that changes when what the lists remember of the graph is no longer true.</summary>
    ulong Seed { get; }

    /// <summary>Gets what the asynchronous flow holds that runs on this thread now.</summary>
    FlowNode? CurrentFlow { get; }

    /// <summary>Takes a lock out of a held list where it is not the last that was taken, and reports one that is not held.</summary>
    void ReleaseSlow(LockHolder stack, object instance);

    /// <summary>Returns the map of a lock that was named by an object of the user's.</summary>
    LockMap MapOf(object instance, LockClass lockClass);
}
