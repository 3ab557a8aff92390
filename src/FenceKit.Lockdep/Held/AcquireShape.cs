// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Held;

/// <summary>Everything about an acquisition that is not the lock or the place, in one word: it goes into the chain key.</summary>
internal readonly struct AcquireShape(uint bits)
{
    private const int AttemptShift = 2;
    private const int SubclassShift = 4;
    private const uint NestedBit = 1u << 8;
    private const uint WaitBit = 1u << 9;

    public uint Bits { get; } = bits;

    public LockAcquireMode Mode => (LockAcquireMode)(Bits & 3);

    public LockAttempt Attempt => (LockAttempt)((Bits >> AttemptShift) & 3);

    public int Subclass => (int)((Bits >> SubclassShift) & 15);

    public bool IsNested => (Bits & NestedBit) != 0;

    /// <summary>Only waited for, never held.</summary>
    public bool IsWait => (Bits & WaitBit) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AcquireShape Of(LockAcquireMode mode, LockAttempt attempt = LockAttempt.Blocking, int subclass = 0, bool nested = false)
        => new((uint)mode | ((uint)attempt << AttemptShift) | ((uint)subclass << SubclassShift) | (nested ? NestedBit : 0));

    public AcquireShape AsWait() => new(Bits | WaitBit);

    public AcquireShape With(LockAcquireMode mode) => new((Bits & ~3u) | (uint)mode);

    public AcquireShape WithSubclass(int subclass) => new((Bits & ~(15u << SubclassShift)) | ((uint)subclass << SubclassShift));
}
