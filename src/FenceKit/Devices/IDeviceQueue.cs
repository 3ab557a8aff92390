// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The members of a queue that its <see cref="Device"/> calls, independent of the type of commands.</summary>
internal interface IDeviceQueue : IAsyncDisposable
{
    bool Lose(Exception reason);

    bool ReportStopped();

    bool TryReset();

    ValueTask<bool> DrainAsync(TimeSpan timeout, CancellationToken cancellationToken);
}
