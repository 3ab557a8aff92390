// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;
using Microsoft.Extensions.Options;

namespace FenceKit.Extensions;

/// <summary>Validates all options when the host starts, and reports all errors at the same time.</summary>
internal sealed class OptionChecks
    : IValidateOptions<FenceKitOptions>,
        IValidateOptions<FenceKitNotifierOptions>,
        IValidateOptions<FenceKitDeviceQueueOptions>,
        IValidateOptions<LockdepOptions>
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1); // the limit of .NET timers

    public ValidateOptionsResult Validate(string? name, FenceKitOptions options)
    {
        Findings findings = new("FenceKit");
        findings.Limit(options.StuckFenceThreshold, nameof(options.StuckFenceThreshold), isZeroRight: false);
        findings.Limit(options.SlowSubscriberThreshold, nameof(options.SlowSubscriberThreshold));
        findings.Limit(options.ReleaseTimeout, nameof(options.ReleaseTimeout));
        return findings.Result;
    }

    public ValidateOptionsResult Validate(string? name, FenceKitNotifierOptions options)
    {
        Findings findings = new($"The notifier '{name}'");
        findings.Named(options.FaultPolicy, nameof(options.FaultPolicy));
        findings.Range(options.SessionCapacity, 1, int.MaxValue, nameof(options.SessionCapacity));
        findings.Range(options.RememberedInvalidations, 1, 65536, nameof(options.RememberedInvalidations));
        findings.Limit(options.SlowSubscriberThreshold ?? TimeSpan.Zero, nameof(options.SlowSubscriberThreshold));
        findings.Limit(options.ReleaseTimeout ?? TimeSpan.Zero, nameof(options.ReleaseTimeout));
        return findings.Result;
    }

    public ValidateOptionsResult Validate(string? name, FenceKitDeviceQueueOptions options)
    {
        Findings findings = new($"The device queue '{name}'");
        findings.Range(options.Capacity, 1, DeviceQueueOptions.MaxSize, nameof(options.Capacity));
        findings.Range(options.Depth, 1, DeviceQueueOptions.MaxSize, nameof(options.Depth));
        findings.Range(options.BatchSize, 1, DeviceQueueOptions.MaxSize, nameof(options.BatchSize));
        findings.Range(options.MaxUnmaps, 1, DeviceQueueOptions.MaxSize, nameof(options.MaxUnmaps));
        findings.Range(options.MaxDependencies, 0, DeviceQueueOptions.MaxPerCommand, nameof(options.MaxDependencies));
        findings.Range(options.MaxRanges, 0, DeviceQueueOptions.MaxPerCommand, nameof(options.MaxRanges));
        findings.Range(options.RetainedFaults, 1, FenceTimelineOptions.MaxRetainedFaults, nameof(options.RetainedFaults));
        findings.Limit(options.HangTimeout, nameof(options.HangTimeout), isZeroRight: false);
        findings.Limit(options.DependencyTimeout, nameof(options.DependencyTimeout), isZeroRight: false);
        findings.Limit(options.DrainTimeout, nameof(options.DrainTimeout), isZeroRight: false);
        findings.Named(options.Dispatch, nameof(options.Dispatch));
        return findings.Result;
    }

    public ValidateOptionsResult Validate(string? name, LockdepOptions options)
    {
        Findings findings = new("FenceKit.Lockdep");
        findings.Named<LockConfidence>(options.MinimumConfidence, nameof(options.MinimumConfidence));
        return findings.Result;
    }

    private readonly struct Findings(string subject)
    {
        private readonly List<string> _failures = [];

        internal ValidateOptionsResult Result => _failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_failures);

        internal void Range(int value, int least, int most, string name)
        {
            if (value < least || value > most)
            {
                _failures.Add($"{subject}: {name} is {value}, not {least} to {most}.");
            }
        }

        internal void Limit(TimeSpan value, string name, bool isZeroRight = true)
        {
            if (value != Timeout.InfiniteTimeSpan && (value < TimeSpan.Zero || value > s_longest || (value == TimeSpan.Zero && !isZeroRight)))
            {
                _failures.Add($"{subject}: {name} is {value}; it must be {(isZeroRight ? "zero or more" : "more than zero")}, at most 49 days, or infinite.");
            }
        }

        internal void Named<TEnum>(TEnum value, string name)
            where TEnum : struct, Enum
        {
            if (!Enum.IsDefined(value))
            {
                _failures.Add($"{subject}: {name} is {value}, not one of {string.Join(", ", Enum.GetNames<TEnum>())}.");
            }
        }
    }
}
