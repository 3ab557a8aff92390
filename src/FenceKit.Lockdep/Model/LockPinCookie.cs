// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Proof of a pin; needed to undo it.</summary>
[DebuggerDisplay("{Value}")]
public readonly record struct LockPinCookie
{
    internal LockPinCookie(long value) => Value = value;

    internal long Value { get; }
}
