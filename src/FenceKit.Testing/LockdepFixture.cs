// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep;

namespace FenceKit.Testing;

/// <summary>
/// Fails its owner, at its end, for what the lock validator found and nobody expected: a class fixture or an assembly fixture of xunit,
/// or an object that the set-up of any other framework makes and its tear-down disposes.
/// </summary>
/// <remarks>
/// Several may live at once, also beside the attribute of the packages for xunit: each finding fails one of them, the first that ends.
/// </remarks>
public sealed class LockdepFixture : IDisposable
{
    /// <summary>Begins to watch the validator that the locks of the program use.</summary>
    /// <exception cref="InvalidOperationException">The validator is switched off.</exception>
    public LockdepFixture() => Run = LockdepTestRun.Default;

    /// <summary>What is found.</summary>
    public LockdepTestRun Run { get; }

    /// <inheritdoc cref="LockdepTestRun.ExpectViolation(LockViolationKind, ReadOnlySpan{string}, string, int)"/>
    public ExpectedViolation ExpectViolation(
        LockViolationKind kind, ReadOnlySpan<string> classNames, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        Run.ExpectViolation(kind, classNames, file, line);

    /// <summary>As <see cref="LockdepTestRun.ThrowIfViolated"/>.</summary>
    /// <exception cref="UnexpectedViolationException">Something was found, or something expected was not.</exception>
#pragma warning disable CA1065 // To fail its owner is what it is for.
    public void Dispose() => Run.ThrowIfViolated();
#pragma warning restore CA1065
}
