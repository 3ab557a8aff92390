// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;

namespace FenceKit.Samples.Cluster;

/// <summary>
/// A network of the sample's own: one process of it lives behind a cable that can be pulled. Everything is inside a namespace that goes away with its processes;
/// the machine's network is not touched, and no right is needed where unprivileged namespaces are allowed.
/// </summary>
internal sealed class NetworkNamespace
{
    /// <summary>The address of everybody who is not behind the cable.</summary>
    internal const string Here = "10.77.0.1";

    private readonly string _there = "10.77.0.2";
    private readonly string _cable = "fencekit0";
    private readonly string _farEnd = "fencekit1";

    /// <summary>To be made inside: the loopback, and a cable that leads nowhere yet.</summary>
    internal NetworkNamespace()
    {
        Ip("link", "set", "lo", "up");
        Ip("link", "add", _cable, "type", "veth", "peer", "name", _farEnd);
        Ip("address", "add", $"{Here}/24", "dev", _cable);
        Ip("link", "set", _cable, "up");
    }

    /// <summary>Starts a command as the administrator of a network that it shares with nobody.</summary>
    internal static ProcessStartInfo Alone(IEnumerable<string> command) =>
        new("unshare", ["--user", "--map-root-user", "--net", "--", .. command]);

    /// <summary>The command, in a namespace with no network at all.</summary>
    internal static ProcessStartInfo Enter(IEnumerable<string> command) => new("unshare", ["--net", "--", .. command]);

    /// <summary>Plugs the process in.</summary>
    internal void Connect(Process process)
    {
        string id = process.Id.ToString(CultureInfo.InvariantCulture);
        while (IsHere(id))
        {
            Thread.Sleep(10); // it has not gone into its namespace yet
        }

        Ip("link", "set", _farEnd, "netns", id);
        Run("nsenter", "-t", id, "-n", "ip", "address", "add", $"{_there}/24", "dev", _farEnd);
        Run("nsenter", "-t", id, "-n", "ip", "link", "set", _farEnd, "up");
    }

    /// <summary>Nothing gets through in either direction.</summary>
    internal void Pull() => Ip("link", "set", _cable, "down");

    internal void PlugIn() => Ip("link", "set", _cable, "up");

    /// <summary>What the process sends gets through; what is sent to it does not.</summary>
    internal void Deafen() => Ip("route", "add", "blackhole", _there);

    internal void Hear() => Ip("route", "del", "blackhole", _there);

    private static bool IsHere(string process) =>
        new FileInfo($"/proc/{process}/ns/net").LinkTarget == new FileInfo("/proc/self/ns/net").LinkTarget;

    private static void Ip(params string[] arguments) => Run("ip", arguments);

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }
}
