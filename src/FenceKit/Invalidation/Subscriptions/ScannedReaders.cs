// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Stands where a subscription of a gate would have its subscriber. It is never called: readers are found by one pass behind a barrier.</summary>
internal sealed class ScannedReaders : IInvalidationSubscriber
{
    internal static ScannedReaders Instance { get; } = new();

    public bool TrySchedule(in InvalidationRequest request, out Fence fence) =>
        throw new InvalidOperationException("Readers behind a gate are not called; they are found by the session.");
}
