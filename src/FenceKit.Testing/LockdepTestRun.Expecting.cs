// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep;

namespace FenceKit.Testing;

// What tests break on purpose.
public sealed partial class LockdepTestRun
{
    /// <summary>Says that what a test is about to do will be found, and that this is right.</summary>
    /// <param name="kind">What kind of finding.</param>
    /// <param name="classNames">Names of lock classes that must all be in it: at least one, so that no other finding is taken for it.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The scope; dispose it when what was expected must have been found. If it was not, the run fails.</returns>
    /// <remarks>
    /// It holds for the whole process until its end, since a server finds things on threads of its own; other findings fail the run all the same.
    /// A validator reports the same finding once: one that was found earlier in the run also meets the expectation.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="classNames"/> is empty, or a name is null or empty.</exception>
    public ExpectedViolation ExpectViolation(
        LockViolationKind kind, ReadOnlySpan<string> classNames, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (classNames.IsEmpty)
        {
            throw new ArgumentException("Without the name of a class every finding of the kind would be expected.", nameof(classNames));
        }

        string[] names = classNames.ToArray();
        Array.ForEach(names, static name => ArgumentException.ThrowIfNullOrEmpty(name, nameof(classNames)));
        return Open(
            $"{kind} of {string.Join(", ", names)}",
            violation => violation.Kind == kind && Array.TrueForAll(names, name => violation.ClassNames.Contains(name)),
            file,
            line);
    }

    /// <summary>The same, for what kind and classes cannot say.</summary>
    /// <param name="description">What is expected, for the failure if it is not found.</param>
    /// <param name="matches">Whether a finding is the expected one. Called on the thread that found it, under a lock: it must only look.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The scope.</returns>
    /// <exception cref="ArgumentException"><paramref name="description"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="matches"/> is null.</exception>
    public ExpectedViolation ExpectViolation(
        string description, Func<LockViolation, bool> matches, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(description);
        ArgumentNullException.ThrowIfNull(matches);
        return Open(description, matches, file, line);
    }

    internal void Close(ExpectedViolation expected)
    {
        lock (_lock)
        {
            if (_expected.Remove(expected) && expected.Found.Count == 0 && !_all.Exists(expected.Matches))
            {
                _missing.Add(expected.ToString());
            }
        }
    }

    private ExpectedViolation Open(string description, Func<LockViolation, bool> matches, string? file, int line)
    {
        ExpectedViolation expected = new(this, $"{description} (expected at {Path.GetFileName(file)}:{line})", matches);
        lock (_lock)
        {
            _expected.Add(expected);
        }

        return expected;
    }
}
