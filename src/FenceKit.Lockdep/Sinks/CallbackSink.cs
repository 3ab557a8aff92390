// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Calls a user's delegate; see <see cref="LockViolationSink.ToCallback"/>.</summary>
[DebuggerDisplay("calls {_callback.Method.Name,nq}")]
internal sealed class CallbackSink : LockViolationSink
{
    private readonly Action<LockViolation> _callback;

    public CallbackSink(Action<LockViolation> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _callback = callback;
    }

    public override void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        _callback(violation);
    }
}
