// SPDX-License-Identifier: MIT
using System.Text;
using Microsoft.Extensions.Options;

namespace FenceKit.Remote.Caching;

/// <summary>Validates all options at once, when the host starts.</summary>
internal sealed class RemoteOptionChecks : IValidateOptions<FenceKitRemoteOptions>
{
    public ValidateOptionsResult Validate(string? name, FenceKitRemoteOptions options)
    {
        List<string> failures = [];
        Require(options.Domain is { Length: > 0 }, $"{nameof(options.Domain)} is empty; all processes of a domain name it alike");
        Require(
            Encoding.UTF8.GetByteCount(options.NodeName ?? "") <= 64 && options.NodeName?.Any(char.IsControl) == false,
            $"{nameof(options.NodeName)} has more than 64 bytes, or control characters");
        Between(options.Lease, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), nameof(options.Lease));
        Between(options.Grace ?? TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(1), nameof(options.Grace));
        Require(options.ClockDriftBound is >= 0 and <= 0.5, $"{nameof(options.ClockDriftBound)} is {options.ClockDriftBound}, not 0 to 0.5");
        Require(Enum.IsDefined(options.Clock), $"{nameof(options.Clock)} is {options.Clock}, not one of {string.Join(", ", Enum.GetNames<LeaseClock>())}");
        Between(options.RejoinJitter, TimeSpan.Zero, TimeSpan.FromHours(1), nameof(options.RejoinJitter));
        Require(options.NodeCapacity is >= 1 and <= 4096, $"{nameof(options.NodeCapacity)} is {options.NodeCapacity}, not 1 to 4096");
        Require(options.SessionCapacity is >= 1 and <= 1024, $"{nameof(options.SessionCapacity)} is {options.SessionCapacity}, not 1 to 1024");
        Between(options.RemoveBudget, TimeSpan.Zero, TimeSpan.FromMinutes(10), nameof(options.RemoveBudget));
        Between(options.Expiration, TimeSpan.FromMilliseconds(1), TimeSpan.MaxValue, nameof(options.Expiration));
        Require(options.MaximumEntries >= 0, $"{nameof(options.MaximumEntries)} is {options.MaximumEntries}, not 0 or more");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Require(bool isRight, string finding)
        {
            if (!isRight)
            {
                failures.Add($"FenceKit.Remote: {finding}.");
            }
        }

        void Between(TimeSpan value, TimeSpan least, TimeSpan most, string option) =>
            Require(value >= least && value <= most, $"{option} is {value}, not {least} to {most}");
    }
}
