// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Refuses the lock by throwing; see <see cref="LockViolationSink.Throwing"/>.</summary>
[DebuggerDisplay("throws")]
internal sealed class ThrowingSink : LockViolationSink
{
    public override void Report(LockViolation violation) => throw new LockViolationException(violation);
}
