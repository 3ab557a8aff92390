// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A fence together with the place where the code after its <c>await</c> runs; see <see cref="Fence.ConfigureAwait"/>.</summary>
public readonly struct FenceAwaitable
{
    private readonly Fence _fence;
    private readonly FenceContinuation _continuation;

    internal FenceAwaitable(Fence fence, FenceContinuation continuation)
    {
        _fence = fence;
        _continuation = continuation;
    }

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter; the compiler uses it.</returns>
    public FenceAwaiter GetAwaiter() => new(_fence, _continuation);
}
