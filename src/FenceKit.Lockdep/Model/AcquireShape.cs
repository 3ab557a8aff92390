// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// The properties of an acquisition other than the lock and the source line, packed into one word, which is part of the chain key.
/// </summary>
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

    /// <summary>Nested in a context whose protocol breaks deadlocks: the lock would be given back rather than waited for forever.</summary>
    public bool BacksOff => (Bits & BacksOffBit) != 0;

    /// <summary>The lock is only waited for, never held.</summary>
    public bool IsWait => (Bits & WaitBit) != 0;

    /// <summary>An asynchronous wait: locks stay held during it, but the thread does not block.</summary>
    public bool IsAwait => (Bits & AwaitBit) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AcquireShape Of(LockAcquireMode mode, LockAttempt attempt = LockAttempt.Blocking, int subclass = 0)
        => new((uint)mode | ((uint)attempt << AttemptShift) | ((uint)subclass << SubclassShift));

    public static AcquireShape Nested(LockAcquireMode mode, LockAttempt attempt, int subclass, object nestedIn)
    {
        uint backsOff = nestedIn is LockMap { Class.Options.BreaksDeadlocks: true } ? BacksOffBit : 0;
        return new(Of(mode, attempt, subclass).Bits | NestedBit | backsOff);
    }

    /// <summary>The lock is reentrant, whatever its class says; for example a monitor.</summary>
    public bool IsReentrant => (Bits & ReentrantBit) != 0;

    /// <summary>Held by the asynchronous flow instead of the thread: it stays held across an await.</summary>
    public bool IsOfFlow => (Bits & FlowBit) != 0;

    public AcquireShape AsOfFlow() => new(Bits | FlowBit);

    public AcquireShape AsReentrant() => new(Bits | ReentrantBit);

    public AcquireShape AsWait() => new(Bits | WaitBit);

    public AcquireShape AsAwait() => new(Bits | WaitBit | AwaitBit);

    public AcquireShape With(LockAcquireMode mode) => new((Bits & ~3u) | (uint)mode);

    public AcquireShape WithSubclass(int subclass) => new((Bits & ~(15u << SubclassShift)) | ((uint)subclass << SubclassShift));
}
