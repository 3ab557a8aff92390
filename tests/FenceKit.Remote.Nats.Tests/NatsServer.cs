// SPDX-License-Identifier: MIT
using FenceKit.Remote.Tests.Support;

namespace FenceKit.Remote.Nats.Tests;

/// <summary>A nats-server of the test's own.</summary>
internal sealed class NatsServer : LoopbackServer
{
    internal NatsServer(bool isRunning = true)
    {
        if (isRunning)
        {
            Start();
        }
    }

    /// <summary>Gets where the program is; null when it is not installed.</summary>
    internal static string? Program { get; } = Find("nats-server", "/usr/sbin");

    internal override void Start() => Start(Program, "nats-server", ["--addr", "127.0.0.1", "--port", PortText], saysOnError: true, "Server is ready");
}
