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
    internal const string Loopback = "127.0.0.1";

    private readonly string _directory;
    private readonly string[] _addresses;
    private Process? _process;

    /// <param name="directory">Where it may write.</param>
    /// <param name="alsoAt">An address beside the loopback: that of a network of the sample's own.</param>
    internal Server(string directory, string? alsoAt = null)
    {
        _directory = directory;
        _addresses = alsoAt is null ? [Loopback] : [Loopback, alsoAt];
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

    internal static async Task<ConnectionMultiplexer> ConnectAsync(int port, string host = Loopback) => await ConnectionMultiplexer.ConnectAsync(new ConfigurationOptions
    {
        EndPoints = { { host, port } },
        AbortOnConnectFail = false,
        ConnectTimeout = 1000,
        ReconnectRetryPolicy = new LinearRetry(100),
    });

    internal static RedisInvalidationTransport MakeTransport(ConnectionMultiplexer redis) => new(redis);

    internal void Start()
    {
        ProcessStartInfo start = new(Program!) { RedirectStandardOutput = true };
        foreach (string argument in (string[])[
            "--bind", .. _addresses, "--protected-mode", _addresses.Length > 1 ? "no" : "yes", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", _directory, "--save", "", "--appendonly", "no"])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    internal void Kill() => Signals.Kill(ref _process);

    public void Dispose() => Kill();
}
