// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>One amount of time for several waits in a row. An infinite budget never reads the clock.</summary>
internal readonly struct WaitBudget
{
    private readonly TimeProvider? _clock;
    private readonly TimeSpan _budget;
    private readonly long _start;

    private WaitBudget(TimeProvider clock, TimeSpan budget)
    {
        _clock = clock;
        _budget = budget;
        _start = budget == Timeout.InfiniteTimeSpan ? 0 : clock.GetTimestamp();
    }

    internal bool IsStarted => _clock is not null;

    internal TimeSpan Remaining
    {
        get
        {
            if (_budget == Timeout.InfiniteTimeSpan || _clock is null)
            {
                return _budget;
            }

            TimeSpan left = _budget - _clock.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    internal static WaitBudget Start(TimeProvider clock, TimeSpan budget) => new(clock, budget);
}
