// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>A captured call stack, turned into text only when somebody reads it.</summary>
/// <remarks>
/// Thread safe. It begins with the user's code: the frames of FenceKit at the top, and what the compiler and the runtime put between
/// asynchronous methods, are left out, and methods have the names that they have in the source.
/// </remarks>
[DebuggerDisplay("{Frames.Count} frames")]
internal sealed class LockTrace
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

    /// <summary>
    /// The user's methods under the names that the compiler gave them, innermost first: two lambdas of one method are two, unlike in <see cref="Frames"/>.
    /// </summary>
    internal IEnumerable<(string Type, string Method)> Methods()
    {
        bool isInside = false;
        foreach (StackFrame frame in _trace?.GetFrames() ?? [])
        {
            if (DiagnosticMethodInfo.Create(frame) is not { } method)
            {
                continue;
            }

            string type = method.DeclaringTypeName ?? "?";
            isInside |= !IsOurs(method.DeclaringAssemblyName) && !SourceName.IsPlumbing(type);
            if (isInside)
            {
                yield return (type, method.Name);
            }
        }
    }

    /// <summary>The method of the user that did what the stack was captured for.</summary>
    internal (string Type, string Method)? TakingMethod()
    {
        foreach ((string Type, string Method) method in Methods())
        {
            return method;
        }

        return null;
    }

    /// <summary>As <see cref="Methods"/>, down to the one that the runtime went on with after an await; what lies below has nothing to do with it.</summary>
    internal IEnumerable<(string Type, string Method)> MethodsOfTurn()
    {
        bool isInside = false;
        foreach (StackFrame frame in _trace?.GetFrames() ?? [])
        {
            if (DiagnosticMethodInfo.Create(frame) is not { DeclaringTypeName: { } type } method)
            {
                continue;
            }

            if (type.Contains("StateMachineBox", StringComparison.Ordinal))
            {
                yield break;
            }

            isInside |= !IsOurs(method.DeclaringAssemblyName) && !SourceName.IsPlumbing(type);
            if (isInside)
            {
                yield return (type, method.Name);
            }
        }
    }

    /// <summary>The asynchronous method that awaits, if this is where it does; null if one of ours does for it, or none at all.</summary>
    internal (string Type, string Method)? AwaitingMethod()
    {
        foreach (StackFrame frame in _trace?.GetFrames() ?? [])
        {
            if (DiagnosticMethodInfo.Create(frame) is not { } method || SourceName.IsPlumbing(method.DeclaringTypeName ?? "?"))
            {
                continue;
            }

            bool isAsync = method.Name == "MoveNext";
            if (isAsync || !IsOurs(method.DeclaringAssemblyName))
            {
                return isAsync && !IsOurs(method.DeclaringAssemblyName) ? (method.DeclaringTypeName ?? "?", method.Name) : null;
            }
        }

        return null;
    }

    private static string[] Describe(StackTrace trace)
    {
        var lines = new List<string>(trace.FrameCount);
        bool isBegun = false; // an asynchronous method that has not awaited yet stands there twice: its state machine, and what has begun it
        foreach (StackFrame frame in trace.GetFrames())
        {
            if (DiagnosticMethodInfo.Create(frame) is not { } method)
            {
                continue;
            }

            string type = method.DeclaringTypeName ?? "?";
            if ((lines.Count == 0 && IsOurs(method.DeclaringAssemblyName)) || SourceName.IsPlumbing(type))
            {
                continue;
            }

            string line = SourceName.Of(type, method.Name);
            if (!isBegun || lines[^1] != line)
            {
                lines.Add(line);
                isBegun = method.Name == "MoveNext";
            }
            else
            {
                isBegun = false;
            }
        }

        return [.. lines];
    }

    private static bool IsOurs(string assembly) =>
        assembly.StartsWith("FenceKit.Lockdep,", StringComparison.Ordinal) || assembly.StartsWith("FenceKit.Lockdep.Runtime,", StringComparison.Ordinal)
        || assembly.StartsWith("FenceKit,", StringComparison.Ordinal);
}
