// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A wait with a time limit and a token, together with the scheduler that the code after its <c>await</c> runs on; see
/// <see cref="FenceWaitAwaitable.ConfigureAwait(TaskScheduler)"/>.
/// </summary>
[DebuggerDisplay("{_wait}")]
public readonly struct FenceWaitSchedulerAwaitable
{
    private readonly FenceWaitAwaitable _wait;
    private readonly FencePlace _place;

    internal FenceWaitSchedulerAwaitable(FenceWaitAwaitable wait, FencePlace place)
    {
        _wait = wait;
        _place = place;
    }

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter; the compiler uses it.</returns>
    public FenceWaitSchedulerAwaiter GetAwaiter() => new(_wait.GetAwaiter(), _place);
}
