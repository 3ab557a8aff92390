// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.Loader;

namespace FenceKit.Lockdep;

/// <summary>A captured call stack, converted to text only when it is read.</summary>
/// <remarks>
/// Thread safe. It begins with user code: the frames of FenceKit at the top, and those of the compiler and the runtime between asynchronous
/// methods, are left out, and methods have their names in the source. The runtime's StackTrace keeps the assemblies of its methods loaded;
/// so where some of them can be unloaded, it is read at once and not kept.
/// </remarks>
[DebuggerDisplay("{Frames.Count} frames")]
internal sealed class LockTrace
{
    private readonly StackTrace? _trace;
    private readonly Frame[]? _read; // the frames, read at once where assemblies can be unloaded
    private string[]? _frames;

    private LockTrace(StackTrace trace)
    {
        if (CanUnload())
        {
            _read = [.. Read(trace)];
        }
        else
        {
            _trace = trace;
        }
    }

    internal LockTrace(string[] frames) => _frames = frames;

    /// <summary>The frames, innermost first. The first read allocates.</summary>
    public IReadOnlyList<string> Frames => _frames ??= Describe();

    /// <inheritdoc/>
    public override string ToString() => string.Join(Environment.NewLine, Frames);

    internal static LockTrace Capture() => new(new StackTrace(1, fNeedFileInfo: false));

    /// <summary>
    /// The user's methods under their compiled names, innermost first. Two lambdas of one method differ here, unlike in
    /// <see cref="Frames"/>.
    /// </summary>
    internal IEnumerable<(string Type, string Method)> Methods()
    {
        bool isInside = false;
        foreach (Frame frame in All())
        {
            isInside |= !IsOurs(frame.Assembly) && !SourceName.IsPlumbing(frame.Type);
            if (isInside)
            {
                yield return (frame.Type, frame.Method);
            }
        }
    }

    /// <summary>The user's method that acquired the lock.</summary>
    internal (string Type, string Method)? TakingMethod()
    {
        foreach ((string Type, string Method) method in Methods())
        {
            return method;
        }

        return null;
    }

    /// <summary>
    /// Like <see cref="Methods"/>, but only down to the method that the runtime resumed after an await: the frames below it are unrelated.
    /// </summary>
    internal IEnumerable<(string Type, string Method)> MethodsOfTurn()
    {
        bool isInside = false;
        foreach (Frame frame in All())
        {
            if (frame.Type.Contains("StateMachineBox", StringComparison.Ordinal))
            {
                yield break;
            }

            isInside |= frame.Type != NoType && !IsOurs(frame.Assembly) && !SourceName.IsPlumbing(frame.Type);
            if (isInside && frame.Type != NoType)
            {
                yield return (frame.Type, frame.Method);
            }
        }
    }

    /// <summary>The asynchronous method that awaits here; null if FenceKit awaits on its behalf, or no method awaits.</summary>
    internal (string Type, string Method)? AwaitingMethod()
    {
        foreach (Frame frame in All())
        {
            if (SourceName.IsPlumbing(frame.Type))
            {
                continue;
            }

            bool isAsync = frame.Method == "MoveNext";
            if (isAsync || !IsOurs(frame.Assembly))
            {
                return isAsync && !IsOurs(frame.Assembly) ? (frame.Type, frame.Method) : null;
            }
        }

        return null;
    }

    private string[] Describe()
    {
        var lines = new List<string>();
        bool isBegun = false; // an asynchronous method that has not awaited yet appears twice: as its state machine and as the method that started it
        foreach (Frame frame in All())
        {
            if ((lines.Count == 0 && IsOurs(frame.Assembly)) || SourceName.IsPlumbing(frame.Type))
            {
                continue;
            }

            string line = SourceName.Of(frame.Type, frame.Method);
            if (!isBegun || lines[^1] != line)
            {
                lines.Add(line);
                isBegun = frame.Method == "MoveNext";
            }
            else
            {
                isBegun = false;
            }
        }

        return [.. lines];
    }

    private const string NoType = "?";

    private readonly record struct Frame(string Assembly, string Type, string Method);

    private IEnumerable<Frame> All() => _read ?? (_trace is null ? [] : Read(_trace));

    private static IEnumerable<Frame> Read(StackTrace trace)
    {
        foreach (StackFrame frame in trace.GetFrames())
        {
            if (DiagnosticMethodInfo.Create(frame) is { } method)
            {
                yield return new Frame(method.DeclaringAssemblyName, method.DeclaringTypeName ?? NoType, method.Name);
            }
        }
    }

    private static bool CanUnload()
    {
        foreach (AssemblyLoadContext context in AssemblyLoadContext.All)
        {
            if (context.IsCollectible)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOurs(string assembly) =>
        assembly.StartsWith("FenceKit.Lockdep,", StringComparison.Ordinal) || assembly.StartsWith("FenceKit.Lockdep.Runtime,", StringComparison.Ordinal)
        || assembly.StartsWith("FenceKit,", StringComparison.Ordinal);
}
