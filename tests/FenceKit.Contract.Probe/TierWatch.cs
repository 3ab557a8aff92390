// SPDX-License-Identifier: MIT
using System.Diagnostics.Tracing;

namespace FenceKit.Contract.Probe;

/// <summary>Hears from the runtime which methods it has compiled for the last time.</summary>
internal sealed class TierWatch : EventListener
{
    private const EventKeywords Compilation = (EventKeywords)0x10;
    private const int TierShift = 7; // of the flags of a method that was loaded
    private const uint TierMask = 7;
    private const uint LastTier = 4;

    private readonly HashSet<string> _optimized = []; // under its own lock

    internal bool HasSeen(params ReadOnlySpan<string> methods)
    {
        lock (_optimized)
        {
            foreach (string method in methods)
            {
                if (!_optimized.Contains(method))
                {
                    return false;
                }
            }

            return true;
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, Compilation);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("MethodLoadVerbose", StringComparison.Ordinal) == true
            && ((Convert.ToUInt32(Value("MethodFlags"), System.Globalization.CultureInfo.InvariantCulture) >> TierShift) & TierMask) == LastTier)
        {
            string type = (string)Value("MethodNamespace")!;
            lock (_optimized)
            {
                _optimized.Add($"{type[(type.LastIndexOf('.') + 1)..]}.{Value("MethodName")}");
            }
        }

        object? Value(string name) => eventData.Payload![eventData.PayloadNames!.IndexOf(name)];
    }
}
