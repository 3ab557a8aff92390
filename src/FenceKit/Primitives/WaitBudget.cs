// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A time limit for several waits in a row. Does not read the clock if the limit is zero or infinite.</summary>
internal readonly struct WaitBudget
{
    private readonly TimeProvider? _clock;
    private readonly TimeSpan _budget;
    private readonly long _start;

    private WaitBudget(TimeProvider clock, TimeSpan budget)
    {
        _clock = clock;
        _budget = budget;
        _start = IsLimited ? clock.GetTimestamp() : 0;
    }

    /// <summary>False for the default value. Lets a caller start the budget only when it has to wait.</summary>
    internal bool IsStarted => _clock is not null;

    internal TimeSpan Remaining
    {
        get
        {
            if (!IsLimited)
            {
                return _budget; // zero or infinite
            }

            TimeSpan left = _budget - _clock!.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    private bool IsLimited => _budget > TimeSpan.Zero;

    internal static WaitBudget Start(TimeProvider clock, TimeSpan budget) => new(clock, budget);
}
