// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace FenceKit.Conformance;

/// <summary>A check of one rule of the contract. All checks are in <see cref="DriverConformance.Checks"/>.</summary>
[DebuggerDisplay("{Name,nq}")]
public sealed class ConformanceCheck
{
    private readonly Action<CheckContext> _body;

    internal ConformanceCheck(string name, string rule, Action<CheckContext> body)
    {
        Name = name;
        Rule = rule;
        _body = body;
    }

    /// <summary>A short name, usable as the name of a test.</summary>
    public string Name { get; }

    /// <summary>The rule that a driver must keep to pass.</summary>
    public string Rule { get; }

    /// <summary>Runs the check against a fresh device.</summary>
    /// <param name="factory">Creates the device.</param>
    /// <param name="patience">The time limit for events that must happen in finite time. Only a driver that fails takes that long.</param>
    /// <remarks>
    /// Blocks. The check runs on a thread of its own. If a broken driver blocks that thread for ever, it is left running in the background.
    /// </remarks>
    /// <exception cref="ConformanceException">The device broke the rule.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="factory"/> is null.</exception>
    public void Run(Func<DeviceUnderTest> factory, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(factory);
        ExceptionDispatchInfo? failure = null;
        using CumulativeSignalWatch signals = new(); // before the device creates its timelines, which report only if there is a listener
        CheckContext context = new(factory(), patience, signals);
        Thread thread = new(() =>
        {
            try
            {
                _body(context);
                signals.ThrowIfAny();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        {
            IsBackground = true,
            Name = Name,
        };
        thread.Start();
        bool ended = thread.Join(patience * 4);
        context.End();
        if (!ended)
        {
            throw new ConformanceException($"{Name}: the device kept a caller for more than {patience * 4}.");
        }

        if (failure?.SourceException is ConformanceException broken)
        {
            throw new ConformanceException($"{Name}: {broken.Message}", broken);
        }

        if (failure is not null)
        {
            throw new ConformanceException($"{Name}: the device threw {failure.SourceException.Message}", failure.SourceException);
        }
    }

    /// <summary>Returns the name.</summary>
    /// <returns>The same as <see cref="Name"/>.</returns>
    public override string ToString() => Name;
}
