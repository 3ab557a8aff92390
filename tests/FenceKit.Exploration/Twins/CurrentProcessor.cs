using FenceKit.Exploration;

namespace FenceKit;

/// <summary>In the place of the shipped one: there are two processors, and which one a thread runs on is the same in each execution.</summary>
internal static class CurrentProcessor
{
    internal static int Count => 2;

    internal static int Number => LogicalThread.Current?.Index ?? 0;
}
