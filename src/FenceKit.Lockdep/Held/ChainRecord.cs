// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>
/// What was found out about one acquisition at the end of one chain of classes. While a thread repeats a chain, it only compares keys with
/// records; everything else happens once.
/// </summary>
internal sealed class ChainRecord
{
    /// <summary>After so many different instances the chain is judged by its classes only, so that short-lived locks cost no memory.</summary>
    public const int InstanceLimit = 32;

    private ulong[] _instances = [];

    public required LockClass Class { get; init; }

    public required AcquireShape Shape { get; init; }

    /// <summary>Compared by reference with what the caller passes: a file name or a <see cref="LockSite"/>.</summary>
    public required object? SiteToken { get; init; }

    public required LockSite? Site { get; init; }

    public required LockTrace? Stack { get; init; }

    /// <summary>The interrupting contexts the thread was in: locks of different contexts form different chains.</summary>
    public required ContextSet Context { get; init; }

    /// <summary>Held, but nothing is concluded from it.</summary>
    public bool IsUnchecked { get; init; }

    /// <summary>The same thread held the same instance already; it blocks nobody anew.</summary>
    public bool IsReentry { get; init; }

    /// <summary>Each pair of instances has its own answer (a declared order), so the classes alone never settle it.</summary>
    public bool NeedsEveryInstance { get; init; }

    public int Subclass => Shape.Subclass;

    public LockAcquireMode Mode => Shape.Mode;

    public LockAttempt Attempt => Shape.Attempt;

    public bool IsReader => Mode != LockAcquireMode.Exclusive;

    /// <summary>The part of the key that depends on the class, not on the instance.</summary>
    public ulong ClassHash => ClassHashOf(Class, Shape, Context);

    public static ulong ClassHashOf(LockClass lockClass, AcquireShape shape, ContextSet context)
        => ChainKey.Mix((ulong)lockClass.Id ^ context.Hash, shape.Bits);

    /// <summary>May be called without a lock. Pairs with the write in <see cref="Remember"/>.</summary>
    public bool Settles(ulong instanceKey)
    {
        ulong[] known = Volatile.Read(ref _instances);
        return (known.Length >= InstanceLimit && !NeedsEveryInstance) || known.AsSpan().Contains(instanceKey);
    }

    /// <summary>Called under the validator's gate. False when the chain is full and is now judged by classes only.</summary>
    public bool Remember(ulong instanceKey)
    {
        ulong[] known = _instances;
        if (known.Length >= InstanceLimit)
        {
            return false;
        }

        // Publishes a finished array; pairs with the read in Settles().
        Volatile.Write(ref _instances, [.. known, instanceKey]);
        return true;
    }
}
