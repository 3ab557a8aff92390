// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep;

namespace FenceKit.Testing;

/// <summary>
/// What a lock validator finds while tests run. Each finding that no test has said it expects fails the run, once: it is thrown by
/// <see cref="ThrowIfViolated"/>, whatever a test, or a server that turns exceptions into a 500, did with what was thrown at the lock.
/// </summary>
/// <remarks>
/// <para>There is one for each validator, from the first time it is asked for; what was found before counts too. Test frameworks call it by
/// themselves: see <see cref="LockdepFixture"/>, and the packages for xunit.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. <b>Blocks</b>: never, but for a lock that is held for
/// a few instructions.</para>
/// </remarks>
[DebuggerDisplay("{Unexpected.Count} unexpected")]
public sealed partial class LockdepTestRun
{
    private static readonly ConditionalWeakTable<LockValidator, LockdepTestRun> s_runs = [];

    private readonly Lock _lock = new(); // nothing is called under it, but what a test gave to say which finding it expects
    private readonly List<Finding> _unexpected = [];        // under the lock: all
    private readonly List<Finding> _pending = [];           // those that nobody has been told of
    private readonly List<string> _missing = [];            // expectations that were not met, and that nobody has been told of
    private readonly List<ExpectedViolation> _expected = []; // scopes that are open
    private readonly List<LockViolation> _all = [];
    private readonly List<string> _running = [];            // the tests that are running, if a framework says so
    private int _reports;

    private LockdepTestRun(LockValidator validator)
    {
        Validator = validator;
        validator.AddSink(LockViolationSink.ToCallback(Take));
        foreach (LockViolation earlier in validator.Violations)
        {
            Take(earlier);
        }
    }

    /// <summary>The run of the validator that the locks of the program use.</summary>
    /// <exception cref="InvalidOperationException">The validator is switched off: the run would find nothing, whatever the locks do.</exception>
    public static LockdepTestRun Default => LockValidator.IsEnabled
        ? Of(LockValidator.Default)
        : throw new InvalidOperationException(
            $"The lock validator is switched off, so this run could find nothing. The package FenceKit.Testing switches it on, unless the project sets FenceKitLockdepEnabled to false; "
            + $"otherwise set the runtime option {LockValidator.OptionName}, or {LockValidator.VariableName}=1.");

    /// <summary>What it watches.</summary>
    public LockValidator Validator { get; }

    /// <summary>Everything that was found and not expected so far, told or not, in the order in which it was found. A copy.</summary>
    public IReadOnlyList<LockViolation> Unexpected
    {
        get
        {
            lock (_lock)
            {
                return [.. _unexpected.Select(static finding => finding.Violation)];
            }
        }
    }

    /// <summary>
    /// Where the reports are written that a failure names: text, a page of HTML, and SARIF. "TestResults" beside the tests unless said
    /// otherwise.
    /// </summary>
    public string AttachmentDirectory { get; set; } = Path.Combine(AppContext.BaseDirectory, "TestResults");

    /// <summary>The run of a validator: the same one each time it is asked for.</summary>
    /// <param name="validator">The validator.</param>
    /// <exception cref="ArgumentNullException"><paramref name="validator"/> is null.</exception>
    public static LockdepTestRun Of(LockValidator validator)
    {
        ArgumentNullException.ThrowIfNull(validator);
        return s_runs.GetValue(validator, static validator => new LockdepTestRun(validator));
    }

    /// <summary>Fails for everything that was found, is not expected, and has failed nobody before; and for expectations that were not met.</summary>
    /// <remarks>
    /// Each finding fails one caller: call it at the end of each test or class, and at the end of the run. A failure writes reports to
    /// <see cref="AttachmentDirectory"/>.
    /// </remarks>
    /// <exception cref="UnexpectedViolationException">There is something.</exception>
    public void ThrowIfViolated()
    {
        if (TakeFailure() is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>As <see cref="ThrowIfViolated"/>, for those who tell it themselves.</summary>
    internal UnexpectedViolationException? TakeFailure()
    {
        Finding[] findings;
        string[] missing;
        int number;
        lock (_lock)
        {
            if (_pending.Count + _missing.Count == 0)
            {
                return null;
            }

            findings = [.. _pending];
            missing = [.. _missing];
            _pending.Clear();
            _missing.Clear();
            number = ++_reports;
        }

        return FailureText.Of(this, findings, missing, number);
    }

    /// <summary>A framework says that a test begins; from then on findings name it.</summary>
    internal void TestStarted(string name)
    {
        lock (_lock)
        {
            _running.Add(name);
        }
    }

    internal void TestFinished(string name)
    {
        lock (_lock)
        {
            _running.Remove(name);
        }
    }

    private void Take(LockViolation violation)
    {
        lock (_lock)
        {
            if (_all.Exists(known => ReferenceEquals(known, violation)))
            {
                return; // found while the sink was being installed: from both sides
            }

            _all.Add(violation);
            ExpectedViolation? expected = _expected.Find(expected => expected.Matches(violation));
            if (expected is not null)
            {
                expected.Add(violation);
                return;
            }

            Finding finding = new(violation, [.. _running]);
            _unexpected.Add(finding);
            _pending.Add(finding);
        }
    }

    internal sealed record Finding(LockViolation Violation, string[] Running);
}
