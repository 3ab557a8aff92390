// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FenceKit.Remote.Redis;
using StackExchange.Redis;

namespace FenceKit.Samples.Cluster;

/// <summary>A redis-server of the sample's own: on loopback, on a free port, keeping nothing.</summary>
internal sealed class Server : IDisposable
{
    private readonly string _directory;
    private Process? _process;

    internal Server(string directory)
    {
        _directory = directory;
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Start();
    }

    internal static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Select(directory => Path.Combine(directory, "redis-server"))
        .FirstOrDefault(File.Exists);

    internal int Port { get; }

    internal static async Task<ConnectionMultiplexer> ConnectAsync(int port) => await ConnectionMultiplexer.ConnectAsync(new ConfigurationOptions
    {
        EndPoints = { { "127.0.0.1", port } },
        AbortOnConnectFail = false,
        ConnectTimeout = 1000,
        ReconnectRetryPolicy = new LinearRetry(100),
    });

    internal static RedisInvalidationTransport MakeTransport(ConnectionMultiplexer redis) => new(redis);

    internal void Start()
    {
        ProcessStartInfo start = new(Program!) { RedirectStandardOutput = true };
        foreach (string argument in (string[])[
            "--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", _directory, "--save", "", "--appendonly", "no"])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _ = _process.StandardOutput.ReadToEndAsync();
    }

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

    public void Dispose() => Kill();
}
