// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Samples.Cluster;

/// <summary>The owner, or a node, in a process of its own, which can be killed and stopped.</summary>
/// <param name="network">The network namespace that the process gets for itself; null for none.</param>
/// <param name="arguments">What it is to do.</param>
internal sealed class Host(NetworkNamespace? network, params string[] arguments) : IDisposable
{
    private Process? _process;

    internal void Start(params string[] more)
    {
        IEnumerable<string> command = [.. OwnCommand(), .. arguments, .. more];
        _process = Process.Start(network is null ? new ProcessStartInfo(command.First(), command.Skip(1)) : NetworkNamespace.Enter(command))!;
        network?.Connect(_process);
    }

    /// <summary>As kill -9.</summary>
    internal void Kill() => Signals.Kill(ref _process);

    internal void Stop() => Signals.Send(_process!, "STOP");

    internal void Continue() => Signals.Send(_process!, "CONT");

    public void Dispose() => Kill();

    /// <summary>This program once more: by itself, or by the host that runs it.</summary>
    internal static string[] OwnCommand() => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, typeof(Host).Assembly.Location]
        : [Environment.ProcessPath!];
}
