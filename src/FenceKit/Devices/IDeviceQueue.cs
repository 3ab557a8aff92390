// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A queue as its <see cref="Device"/> sees it, whatever its commands are.</summary>
internal interface IDeviceQueue : IAsyncDisposable
{
    bool Lose(Exception reason);

    bool ReportStopped();

    bool TryReset();

    ValueTask<bool> DrainAsync(TimeSpan timeout, CancellationToken cancellationToken);
}
