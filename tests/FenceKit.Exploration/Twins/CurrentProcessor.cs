using FenceKit.Exploration;

namespace FenceKit;

/// <summary>In the place of the shipped one: every thread of a scenario has a processor of its own, the same in each execution.</summary>
internal static class CurrentProcessor
{
    internal static int Number => LogicalThread.Current?.Index ?? 0;
}
