using System.Runtime.CompilerServices;
using FenceKit.Lockdep;

namespace FenceKit.Exploration;

/// <summary>
/// With FENCEKIT_LOCKDEP=1 the contract is checked in every interleaving. Bytes are not counted then: each step of a logical thread is
/// written down on it, and nothing tells those bytes from a subscriber's.
/// </summary>
internal static class ContractChecking
{
    /// <summary>A scope in which nothing is reported on this thread; none where <paramref name="why"/> is null or nothing is checked.</summary>
    internal static LockSectionScope AskedFor(string? why) =>
        why is not null && FenceContract.IsChecked ? LockValidator.Default.Suppress(why) : default;

    [ModuleInitializer]
    internal static void Start()
    {
        if (FenceContract.IsChecked)
        {
            string? reports = Environment.GetEnvironmentVariable(LockValidator.ReportsVariableName);
            LockValidator.Default = new LockValidator(new LockValidatorOptions
            {
                Sinks = string.IsNullOrEmpty(reports) ? [LockViolationSink.ToEventSource] : [LockViolationSink.ToEventSource, LockViolationSink.ToFile(reports)],
                MeasureAllocation = false,
            });
        }
    }
}
