// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Ends the process; see <see cref="LockViolationSink.FailFast"/>.</summary>
[DebuggerDisplay("ends the process at {_atLeast}")]
internal sealed class FailFastSink : LockViolationSink
{
    private readonly LockConfidence _atLeast;

    public FailFastSink(LockConfidence atLeast) => _atLeast = atLeast;

    public override void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        if (violation.Confidence >= _atLeast)
        {
            Environment.FailFast(violation.ToString());
        }
    }
}
