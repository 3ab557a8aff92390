// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The processor that this thread runs on, to spread data over processors and reduce contention. The number is a hint, and may be outdated.
/// </summary>
internal static class CurrentProcessor
{
    internal static int Count => Environment.ProcessorCount;

    internal static int Number => Thread.GetCurrentProcessorId();
}
