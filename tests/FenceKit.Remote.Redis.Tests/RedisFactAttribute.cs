// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Redis.Tests;

/// <summary>
/// A test on a real server. Skipped with a reason where there is none, unless FENCEKIT_REQUIRE names redis: then it runs and fails, which is what the variable is for.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute()
    {
        bool isRequired = (Environment.GetEnvironmentVariable("FENCEKIT_REQUIRE") ?? "").Contains("redis", StringComparison.Ordinal);
        if (!isRequired && RedisServer.Program is null)
        {
            Skip = "redis-server is not installed (on Debian: apt-get install redis-server)";
        }
    }
}
