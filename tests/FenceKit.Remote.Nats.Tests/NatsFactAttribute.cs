// SPDX-License-Identifier: MIT
using FenceKit.Remote.Tests.Support;

// Each test has a server of its own that it stops and kills.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace FenceKit.Remote.Nats.Tests;

/// <inheritdoc/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NatsFactAttribute() : ServerFactAttribute("nats", "nats-server", NatsServer.Program is not null);
