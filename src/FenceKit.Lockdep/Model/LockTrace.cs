// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>A captured call stack, turned into text only when somebody reads it.</summary>
/// <remarks>Thread safe. Frames of the validator itself are left out.</remarks>
[DebuggerDisplay("{Frames.Count} frames")]
public sealed class LockTrace
{
    private readonly StackTrace? _trace;
    private string[]? _frames;

    private LockTrace(StackTrace trace) => _trace = trace;

    internal LockTrace(string[] frames) => _frames = frames;

    /// <summary>The frames, innermost first. The first read allocates.</summary>
    public IReadOnlyList<string> Frames => _frames ??= Describe(_trace!);

    /// <inheritdoc/>
    public override string ToString() => string.Join(Environment.NewLine, Frames);

    internal static LockTrace Capture() => new(new StackTrace(1, fNeedFileInfo: false));

    private static string[] Describe(StackTrace trace)
    {
        var lines = new List<string>(trace.FrameCount);
        foreach (StackFrame frame in trace.GetFrames())
        {
            if (DiagnosticMethodInfo.Create(frame) is not { } method)
            {
                continue;
            }

            string type = method.DeclaringTypeName ?? "?";
            if (lines.Count == 0 && type.StartsWith("FenceKit.Lockdep.", StringComparison.Ordinal)
                && method.DeclaringAssemblyName.StartsWith("FenceKit.Lockdep,", StringComparison.Ordinal))
            {
                continue;
            }

            lines.Add($"{type}.{method.Name}");
        }

        return [.. lines];
    }
}
