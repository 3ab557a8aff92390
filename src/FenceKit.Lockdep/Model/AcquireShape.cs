// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>Everything about an acquisition that is not the lock or the place, in one word: it goes into the chain key.</summary>
internal readonly struct AcquireShape(uint bits)
{
    private const int AttemptShift = 2;
    private const int SubclassShift = 4;
    private const uint NestedBit = 1u << 8;
    private const uint WaitBit = 1u << 9;
    private const uint BacksOffBit = 1u << 10;
    private const uint AwaitBit = 1u << 11;
    private const uint ReentrantBit = 1u << 12;
    private const uint FlowBit = 1u << 13;

    public uint Bits { get; } = bits;

    public LockAcquireMode Mode => (LockAcquireMode)(Bits & 3);

    public LockAttempt Attempt => (LockAttempt)((Bits >> AttemptShift) & 3);

    public int Subclass => (int)((Bits >> SubclassShift) & 15);

    public bool IsNested => (Bits & NestedBit) != 0;

    /// <summary>Nested in a context whose protocol breaks deadlocks: it would rather be given back than hang.</summary>
    public bool BacksOff => (Bits & BacksOffBit) != 0;

    /// <summary>Only waited for, never held.</summary>
    public bool IsWait => (Bits & WaitBit) != 0;

    /// <summary>A wait at which the thread goes on: what is held is held meanwhile, but the thread does not stand.</summary>
    public bool IsAwait => (Bits & AwaitBit) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AcquireShape Of(LockAcquireMode mode, LockAttempt attempt = LockAttempt.Blocking, int subclass = 0)
        => new((uint)mode | ((uint)attempt << AttemptShift) | ((uint)subclass << SubclassShift));

    public static AcquireShape Nested(LockAcquireMode mode, LockAttempt attempt, int subclass, object nestedIn)
    {
        uint backsOff = nestedIn is LockMap { Class.Options.BreaksDeadlocks: true } ? BacksOffBit : 0;
        return new(Of(mode, attempt, subclass).Bits | NestedBit | backsOff);
    }

    /// <summary>The lock lets its holder in again, whatever its class says: a monitor.</summary>
    public bool IsReentrant => (Bits & ReentrantBit) != 0;

    /// <summary>Held by the asynchronous flow, not by the thread: it stays held over an await.</summary>
    public bool IsOfFlow => (Bits & FlowBit) != 0;

    public AcquireShape AsOfFlow() => new(Bits | FlowBit);

    public AcquireShape AsReentrant() => new(Bits | ReentrantBit);

    public AcquireShape AsWait() => new(Bits | WaitBit);

    public AcquireShape AsAwait() => new(Bits | WaitBit | AwaitBit);

    public AcquireShape With(LockAcquireMode mode) => new((Bits & ~3u) | (uint)mode);

    public AcquireShape WithSubclass(int subclass) => new((Bits & ~(15u << SubclassShift)) | ((uint)subclass << SubclassShift));
}
