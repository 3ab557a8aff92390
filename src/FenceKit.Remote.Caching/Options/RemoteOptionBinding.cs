// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit.Extensions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FenceKit.Remote.Caching;

/// <summary>Sets the options from a configuration section, without reflection.</summary>
internal sealed class RemoteOptionBinding(IConfiguration section) : IConfigureOptions<FenceKitRemoteOptions>
{
    public void Configure(FenceKitRemoteOptions options)
    {
        SectionReader reader = new(section);
        options.Domain = reader.Text(nameof(options.Domain)) ?? options.Domain;
        options.NodeName = reader.Text(nameof(options.NodeName)) ?? options.NodeName;
        options.IsOwner = reader.Read(nameof(options.IsOwner), options.IsOwner);
        options.Lease = reader.Read(nameof(options.Lease), options.Lease);
        options.Grace = reader.ReadOptional(nameof(options.Grace)) ?? options.Grace;
        options.Clock = reader.Read(nameof(options.Clock), options.Clock);
        options.RejoinJitter = reader.Read(nameof(options.RejoinJitter), options.RejoinJitter);
        options.NodeCapacity = reader.Read(nameof(options.NodeCapacity), options.NodeCapacity);
        options.SessionCapacity = reader.Read(nameof(options.SessionCapacity), options.SessionCapacity);
        options.RemoveBudget = reader.Read(nameof(options.RemoveBudget), options.RemoveBudget);
        options.Expiration = reader.Read(nameof(options.Expiration), options.Expiration);
        options.MaximumEntries = reader.Read(nameof(options.MaximumEntries), options.MaximumEntries);
        if (reader.Text(nameof(options.ClockDriftBound)) is { } drift)
        {
            // A value that is not a number becomes NaN, which is out of bounds, so the validation names it.
            options.ClockDriftBound = double.TryParse(drift, CultureInfo.InvariantCulture, out double bound) ? bound : double.NaN;
        }
    }
}
