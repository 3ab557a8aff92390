// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;

namespace FenceKit.Samples.Cluster;

/// <summary>A node in a process of its own, which can be killed and stopped.</summary>
internal sealed class NodeHost(string board, int port, int number) : IDisposable
{
    private Process? _process;

    internal int Number { get; } = number;

    internal bool IsStopped { get; private set; }

    internal void Start()
    {
        ProcessStartInfo start = new(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
        {
            start.ArgumentList.Add(typeof(NodeHost).Assembly.Location);
        }

        foreach (string argument in (string[])["--node", $"{Number}", "--board", board, "--port", port.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
    }

    /// <summary>As kill -9.</summary>
    internal void Kill()
    {
        if (_process is { } process)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
            _process = null;
        }
    }

    internal void Stop()
    {
        Signals.Send(_process!, "STOP");
        IsStopped = true;
    }

    internal void Continue()
    {
        Signals.Send(_process!, "CONT");
        IsStopped = false;
    }

    public void Dispose() => Kill();
}
