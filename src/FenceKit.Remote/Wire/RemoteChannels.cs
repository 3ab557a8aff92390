// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Remote;

/// <summary>The channels of a domain: one to its owner, one to each node.</summary>
internal sealed class RemoteChannels
{
    private readonly string _domain;

    internal RemoteChannels(string domain)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        _domain = domain;
        Domain = StableHash.Of(domain);
        Owner = $"{domain}/owner";
    }

    /// <summary>What stands for the domain's name in a message.</summary>
    internal ulong Domain { get; }

    internal string Owner { get; }

    internal string OfNode(UInt128 node) => string.Create(CultureInfo.InvariantCulture, $"{_domain}/node/{node:x32}");
}
