// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Which processor this thread runs on, more or less: for those who spread work so that threads do not meet. Any answer is right.</summary>
internal static class CurrentProcessor
{
    internal static int Count => Environment.ProcessorCount;

    internal static int Number => Thread.GetCurrentProcessorId();
}
