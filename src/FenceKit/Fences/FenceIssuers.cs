// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Records the code and the thread that issued each of the last points of a timeline. For diagnosis; walking the stack costs microseconds.
/// </summary>
internal sealed class FenceIssuers(int capacity)
{
    private static readonly string? s_own = typeof(FenceIssuers).Assembly.GetName().Name;

    private readonly Entry?[] _entries = new Entry?[capacity];

    private sealed record Entry(ulong Point, string Issuer);

    internal void Record(ulong point) => Volatile.Write(ref _entries[point % (ulong)_entries.Length], new Entry(point, DescribeCaller()));

    internal string? Find(ulong point) =>
        Volatile.Read(ref _entries[point % (ulong)_entries.Length]) is { } entry && entry.Point == point ? entry.Issuer : null;

    // The name of the option is literal text, because this class must not refer to the options, which refer to it. FiniteTimeTests checks the
    // name.
    internal static string Describe(ulong point, string? issuer) => issuer is null
        ? "Who issued it is not known; set FenceTimelineOptions.TrackedIssuers to see it here."
        : $"Point {point} was issued by {issuer}.";

    /// <summary>Returns the frames of a stack, innermost first, without the innermost frames of FenceKit itself.</summary>
    internal static string[] DescribeStack(StackTrace stack)
    {
        List<string> lines = [];
        foreach (StackFrame frame in stack.GetFrames())
        {
            if (DiagnosticMethodInfo.Create(frame) is { } method
                && (lines.Count > 0 || !method.DeclaringAssemblyName.StartsWith($"{s_own},", StringComparison.Ordinal)))
            {
                lines.Add($"{method.DeclaringTypeName}.{method.Name}");
            }
        }

        return [.. lines];
    }

    private static string DescribeCaller()
    {
        foreach (StackFrame frame in new StackTrace(skipFrames: 2, fNeedFileInfo: false).GetFrames())
        {
            if (DiagnosticMethodInfo.Create(frame) is { } method && !method.DeclaringAssemblyName.StartsWith($"{s_own},", StringComparison.Ordinal))
            {
                return $"{method.DeclaringTypeName}.{method.Name} on thread {DescribeThread()}";
            }
        }

        return $"thread {DescribeThread()}";
    }

    private static string DescribeThread() => Thread.CurrentThread.Name is { Length: > 0 } name
        ? $"{Environment.CurrentManagedThreadId} '{name}'"
        : $"{Environment.CurrentManagedThreadId}";
}
