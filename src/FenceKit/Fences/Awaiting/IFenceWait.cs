// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What a <see cref="FenceAwaitable{TResult}"/> begins when it is awaited.</summary>
/// <typeparam name="TResult">What the wait gives.</typeparam>
internal interface IFenceWait<TResult>
{
    /// <summary>Begins the wait.</summary>
    /// <param name="subject">What the caller gave besides time and token; null for nothing.</param>
    /// <param name="timeout">How long at most.</param>
    /// <param name="resumption">Where the wait itself goes on when it is woken; the awaiter brings the code behind it to its place.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task to be consumed once.</returns>
    ValueTask<TResult> StartAsync(object? subject, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken);
}
