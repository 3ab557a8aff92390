// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FenceKit.Remote.Redis.Tests;

/// <summary>A redis-server of the test's own: on loopback, on a free port, keeping nothing. It can be killed, stopped and started again.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fencekit-redis-").FullName;
    private Process? _process;

    internal RedisServer(bool isRunning = true)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        if (isRunning)
        {
            Start();
        }
    }

    /// <summary>Gets where the program is; null when it is not installed.</summary>
    internal static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Select(directory => Path.Combine(directory, "redis-server"))
        .FirstOrDefault(File.Exists);

    internal int Port { get; }

    public void Dispose()
    {
        Kill();
        Directory.Delete(_directory, recursive: true);
    }

    internal void Start()
    {
        ProcessStartInfo start = new(Program ?? throw new InvalidOperationException("redis-server is required, and not installed."))
        {
            RedirectStandardOutput = true,
        };
        foreach (string argument in (string[])[
            "--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", _directory, "--save", "", "--appendonly", "no"])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        string? line;
        do
        {
            line = _process.StandardOutput.ReadLine();
        }
        while (line is not null && !line.Contains("Ready to accept connections", StringComparison.Ordinal));
        Assert.True(line is not null, "redis-server ended before it was ready.");
        _ = _process.StandardOutput.ReadToEndAsync();
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

    internal void Stop() => Signal("STOP");

    internal void Continue() => Signal("CONT");

    private void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
