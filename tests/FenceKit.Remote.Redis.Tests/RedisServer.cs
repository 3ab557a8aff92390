// SPDX-License-Identifier: MIT
using FenceKit.Remote.Tests.Support;

namespace FenceKit.Remote.Redis.Tests;

/// <summary>A redis-server of the test's own.</summary>
internal sealed class RedisServer : LoopbackServer
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fencekit-redis-").FullName;

    internal RedisServer(bool isRunning = true)
    {
        if (isRunning)
        {
            Start();
        }
    }

    /// <summary>Gets where the program is; null when it is not installed.</summary>
    internal static string? Program { get; } = Find("redis-server");

    internal override void Start() => Start(
        Program,
        "redis-server",
        ["--bind", "127.0.0.1", "--port", PortText, "--dir", _directory, "--save", "", "--appendonly", "no"],
        saysOnError: false,
        "Ready to accept connections");

    public override void Dispose()
    {
        base.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
