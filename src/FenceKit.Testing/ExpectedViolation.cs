// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep;

namespace FenceKit.Testing;

/// <summary>The scope in which a test expects a finding; see <see cref="LockdepTestRun.ExpectViolation(LockViolationKind, ReadOnlySpan{string}, string, int)"/>.</summary>
/// <remarks>Thread safe.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ExpectedViolation : IDisposable
{
    private readonly LockdepTestRun _run;
    private readonly string _description;
    private readonly Func<LockViolation, bool> _matches;
    private LockViolation[] _found = []; // replaced under the lock of the run

    internal ExpectedViolation(LockdepTestRun run, string description, Func<LockViolation, bool> matches)
    {
        _run = run;
        _description = description;
        _matches = matches;
    }

    /// <summary>What was found in the scope so far. Empty also when the same was found, and reported, earlier in the run.</summary>
    public IReadOnlyList<LockViolation> Found => Volatile.Read(ref _found);

    /// <summary>Ends the scope. If nothing was found, the run fails; this itself never throws, so that it hides no failure of the test.</summary>
    public void Dispose() => _run.Close(this);

    /// <summary>What is expected, and where.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => _description;

    internal bool Matches(LockViolation violation) => _matches(violation);

    internal void Add(LockViolation violation) => Volatile.Write(ref _found, [.. _found, violation]);
}
