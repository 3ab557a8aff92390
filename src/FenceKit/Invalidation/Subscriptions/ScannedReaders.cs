// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The placeholder for the subscriber in a subscription of a gate. It is never called: sessions scan for readers instead.
/// </summary>
internal sealed class ScannedReaders : IInvalidationSubscriber
{
    internal static ScannedReaders Instance { get; } = new();

    public bool TrySchedule(in InvalidationRequest request, out Fence fence) =>
        throw new InvalidOperationException("Readers behind a gate are not called; they are found by the session.");
}
