// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>
/// The verdict about one acquisition at the end of one chain of classes. A thread that repeats a chain only compares keys with records;
/// everything else happens once.
/// </summary>
internal sealed class ChainRecord
{
    /// <summary>
    /// After this many different instances, the chain is validated by its classes only, so that short-lived locks take no memory.
    /// </summary>
    public const int InstanceLimit = 32;

    private ulong[] _instances = [];

    public required LockClass Class { get; init; }

    public required AcquireShape Shape { get; init; }

    /// <summary>Compared by reference with the caller's argument: a file name or a <see cref="LockSite"/>.</summary>
    public required object? SiteToken { get; init; }

    public required LockSite? Site { get; init; }

    public required LockTrace? Stack { get; init; }

    /// <summary>The interrupting contexts the thread was in: locks of different contexts form different chains.</summary>
    public required ContextSet Context { get; init; }

    /// <summary>The lock counts as held, but no conclusion is drawn from it.</summary>
    public bool IsUnchecked { get; init; }

    /// <summary>The same thread already held the same instance, so this acquisition blocks no other thread.</summary>
    public bool IsReentry { get; init; }

    /// <summary>
    /// Each pair of instances has its own verdict (a declared order), so the verdict for the classes alone is never final.
    /// </summary>
    public bool NeedsEveryInstance { get; init; }

    public int Subclass => Shape.Subclass;

    public LockAcquireMode Mode => Shape.Mode;

    public LockAttempt Attempt => Shape.Attempt;

    public bool IsReader => Mode != LockAcquireMode.Exclusive;

    /// <summary>The part of the key that depends on the class, not on the instance.</summary>
    public ulong ClassHash => ClassHashOf(Class, Shape, Context);

    public static ulong ClassHashOf(LockClass lockClass, AcquireShape shape, ContextSet context)
        => ChainKey.Mix((ulong)lockClass.Id ^ context.Hash, shape.Bits);

    /// <summary>
    /// Whether the verdict is final for an instance key. May be called without a lock. Pairs with the write in <see cref="Remember"/>.
    /// </summary>
    public bool Settles(ulong instanceKey)
    {
        ulong[] known = Volatile.Read(ref _instances);
        return (known.Length >= InstanceLimit && !NeedsEveryInstance) || known.AsSpan().Contains(instanceKey);
    }

    /// <summary>
    /// Remembers an instance key. Called under the validator's gate. False when the chain is full and is now validated by classes only.
    /// </summary>
    public bool Remember(ulong instanceKey)
    {
        ulong[] known = _instances;
        if (known.Length >= InstanceLimit)
        {
            return false;
        }

        // Publishes a complete array; pairs with the read in Settles().
        Volatile.Write(ref _instances, [.. known, instanceKey]);
        return true;
    }
}
