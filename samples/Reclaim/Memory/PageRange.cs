// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Memory;

/// <summary>Some pages of one buffer.</summary>
internal readonly record struct PageRange(int Buffer, int First, int Count)
{
    public int End => First + Count;
}
