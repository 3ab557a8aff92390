// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FenceKit.Remote.Tests.Support;

/// <summary>A server of the test's own: on loopback, on a free port, keeping nothing. It can be killed, stopped and started again.</summary>
internal abstract class LoopbackServer : IDisposable
{
    private Process? _process;

    protected LoopbackServer()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
    }

    internal int Port { get; }

    /// <summary>The port, for a command line.</summary>
    protected string PortText => Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Where a program is; null when it is not installed.</summary>
    protected static string? Find(string name, params string[] alsoIn) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Concat(alsoIn)
        .Select(directory => Path.Combine(directory, name))
        .FirstOrDefault(File.Exists);

    /// <summary>Starts the server, and comes back when it is ready.</summary>
    internal abstract void Start();

    public virtual void Dispose() => Kill();

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

    internal void Stop() => Signal("STOP");

    internal void Continue() => Signal("CONT");

    /// <summary>Starts a program and waits for the line by which it says that it is ready.</summary>
    protected void Start(string? program, string name, IEnumerable<string> arguments, bool saysOnError, string ready)
    {
        ProcessStartInfo start = new(program ?? throw new InvalidOperationException($"{name} is required, and not installed."), arguments)
        {
            RedirectStandardError = saysOnError,
            RedirectStandardOutput = !saysOnError,
        };
        _process = Process.Start(start)!;
        StreamReader output = saysOnError ? _process.StandardError : _process.StandardOutput;
        string? line;
        do
        {
            line = output.ReadLine();
        }
        while (line is not null && !line.Contains(ready, StringComparison.Ordinal));
        Assert.True(line is not null, $"{name} ended before it was ready.");
        _ = output.ReadToEndAsync();
    }

    private void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
