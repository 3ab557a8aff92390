// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Cli;

/// <summary>
/// Ends the process when it has long been due. Ending it closes every descriptor, which also frees threads held in the kernel.
/// </summary>
internal sealed class LastResort : IDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(60);
    private readonly Timer _timer;

    private LastResort(TimeSpan limit) =>
        _timer = new Timer(
            _ =>
            {
                Console.Error.WriteLine($"reclaim: hung for {s_grace.TotalSeconds} seconds beyond its time");
                Environment.Exit(ExitCode.Bad);
            },
            state: null,
            limit,
            Timeout.InfiniteTimeSpan);

    public static LastResort After(TimeSpan duration) => new(duration + s_grace);

    public void Dispose() => _timer.Dispose();
}
