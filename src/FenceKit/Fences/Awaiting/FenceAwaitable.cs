// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A fence together with the place where the code after its <c>await</c> runs; see <see cref="Fence.ConfigureAwait(FenceContinuation)"/>.</summary>
[DebuggerDisplay("waits for {_fence}")]
public readonly struct FenceAwaitable
{
    private readonly Fence _fence;
    private readonly FenceContinuation _place;

    internal FenceAwaitable(Fence fence, FenceContinuation place)
    {
        _fence = fence;
        _place = place;
    }

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter; the compiler uses it.</returns>
    public FenceAwaiter GetAwaiter() => new(_fence, _place);
}
