// SPDX-License-Identifier: MIT
using FenceKit.Remote.Tests.Support;

namespace FenceKit.Remote.Redis.Tests;

/// <inheritdoc/>
[AttributeUsage(AttributeTargets.Method)]
public class RedisFactAttribute() : ServerFactAttribute("redis", "redis-server", RedisServer.Program is not null);
