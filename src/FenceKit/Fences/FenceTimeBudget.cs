// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>One timeout for a wait that goes round several times. A wait without a limit reads no clock.</summary>
internal readonly struct FenceTimeBudget
{
    private readonly TimeProvider _clock;
    private readonly TimeSpan _timeout;
    private readonly long _start;

    internal FenceTimeBudget(TimeProvider clock, TimeSpan timeout)
    {
        _clock = clock;
        _timeout = timeout;
        _start = IsLimited ? clock.GetTimestamp() : 0;
    }

    private bool IsLimited => _timeout > TimeSpan.Zero;

    internal TimeSpan Left()
    {
        if (!IsLimited)
        {
            return _timeout; // zero or infinite
        }

        TimeSpan left = _timeout - _clock.GetElapsedTime(_start);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
