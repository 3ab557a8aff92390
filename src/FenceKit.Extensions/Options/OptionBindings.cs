// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FenceKit.Extensions;

/// <summary>Binds all options of FenceKit to one section of the configuration; those of a notifier or queue to the subsection of its name.</summary>
internal sealed class OptionBindings(IConfiguration section)
    : IConfigureOptions<FenceKitOptions>, IConfigureNamedOptions<FenceKitNotifierOptions>, IConfigureNamedOptions<FenceKitDeviceQueueOptions>
{
    private readonly SectionReader _section = new(section);

    public void Configure(FenceKitOptions options)
    {
        options.StuckFenceThreshold = _section.Read(nameof(options.StuckFenceThreshold), options.StuckFenceThreshold);
        options.SlowSubscriberThreshold = _section.Read(nameof(options.SlowSubscriberThreshold), options.SlowSubscriberThreshold);
        options.ReleaseTimeout = _section.Read(nameof(options.ReleaseTimeout), options.ReleaseTimeout);
        options.LogFaults = _section.Read(nameof(options.LogFaults), options.LogFaults);
    }

    public void Configure(FenceKitNotifierOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, FenceKitNotifierOptions options)
    {
        if (string.IsNullOrEmpty(name))
        {
            return;
        }

        SectionReader own = _section.Below("Notifiers", name);
        options.FaultPolicy = own.Read(nameof(options.FaultPolicy), options.FaultPolicy);
        options.SessionCapacity = own.Read(nameof(options.SessionCapacity), options.SessionCapacity);
        options.RememberedInvalidations = own.Read(nameof(options.RememberedInvalidations), options.RememberedInvalidations);
        options.SlowSubscriberThreshold = own.ReadOptional(nameof(options.SlowSubscriberThreshold)) ?? options.SlowSubscriberThreshold;
        options.ReleaseTimeout = own.ReadOptional(nameof(options.ReleaseTimeout)) ?? options.ReleaseTimeout;
    }

    public void Configure(FenceKitDeviceQueueOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, FenceKitDeviceQueueOptions options)
    {
        if (string.IsNullOrEmpty(name))
        {
            return;
        }

        SectionReader own = _section.Below("DeviceQueues", name);
        options.Capacity = own.Read(nameof(options.Capacity), options.Capacity);
        options.Depth = own.Read(nameof(options.Depth), options.Depth);
        options.BatchSize = own.Read(nameof(options.BatchSize), options.BatchSize);
        options.MaxDependencies = own.Read(nameof(options.MaxDependencies), options.MaxDependencies);
        options.MaxRanges = own.Read(nameof(options.MaxRanges), options.MaxRanges);
        options.MaxUnmaps = own.Read(nameof(options.MaxUnmaps), options.MaxUnmaps);
        options.RetainedFaults = own.Read(nameof(options.RetainedFaults), options.RetainedFaults);
        options.HangTimeout = own.Read(nameof(options.HangTimeout), options.HangTimeout);
        options.DependencyTimeout = own.Read(nameof(options.DependencyTimeout), options.DependencyTimeout);
        options.DrainTimeout = own.Read(nameof(options.DrainTimeout), options.DrainTimeout);
        options.IsUnordered = own.Read(nameof(options.IsUnordered), options.IsUnordered);
        options.Dispatch = own.Read(nameof(options.Dispatch), options.Dispatch);
    }
}

/// <summary>Binds <see cref="LockdepOptions"/> to a section of the configuration.</summary>
internal sealed class LockdepBinding(IConfiguration section) : IConfigureOptions<LockdepOptions>
{
    public void Configure(LockdepOptions options)
    {
        SectionReader reader = new(section);
        options.MinimumConfidence = reader.Read(nameof(options.MinimumConfidence), options.MinimumConfidence);
        options.ThrowOnViolation = reader.Read(nameof(options.ThrowOnViolation), options.ThrowOnViolation);
        options.ReportFile = reader.Text(nameof(options.ReportFile)) ?? options.ReportFile;
    }
}
