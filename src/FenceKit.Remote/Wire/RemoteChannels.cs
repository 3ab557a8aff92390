// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Remote;

/// <summary>
/// The channel names of a domain: one to its owner, one to each node, one for requests, and one for the answers to each requester.
/// </summary>
internal sealed class RemoteChannels
{
    private readonly string _domain;

    internal RemoteChannels(string domain)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        _domain = domain;
        Domain = StableHash.Of(domain);
        Owner = $"{domain}/owner";
        Requests = $"{domain}/requests";
    }

    /// <summary>The hash that represents the domain's name in a message.</summary>
    internal ulong Domain { get; }

    internal string Owner { get; }

    /// <summary>The channel to the responder, in the owner's process.</summary>
    internal string Requests { get; }

    internal string OfRequester(UInt128 requester) => string.Create(CultureInfo.InvariantCulture, $"{_domain}/answers/{requester:x32}");

    internal string OfNode(UInt128 node) => string.Create(CultureInfo.InvariantCulture, $"{_domain}/node/{node:x32}");
}
