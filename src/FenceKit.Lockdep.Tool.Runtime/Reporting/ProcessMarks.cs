// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Reflection;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Empty files that tell the tool which processes it may rely on: one that has taken locks and not written its last report yet, and one that came to its end
/// without a lock that could be seen. Of a process that has neither, and no report, nothing is known, which must not look as if nothing had been found.
/// </summary>
internal static class ProcessMarks
{
    public const string ProgramVariableName = "FENCEKIT_LOCKDEP_TOOL_PROGRAM"; // the folder with the rewritten assemblies
    private static bool s_hasBegun;

    public static string Name { get; } = $"{Environment.ProcessId}-{Environment.TickCount64.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>From here on a report is owed.</summary>
    public static void Begin(string folder)
    {
        Volatile.Write(ref s_hasBegun, true); // pairs with the read at the end
        TryWrite(Path.Combine(folder, $"begun-{Name}"));
    }

    /// <summary>The last report is written.</summary>
    public static void End(string folder) => TryDelete(Path.Combine(folder, $"begun-{Name}"));

    /// <summary>Watches for the end of a process that runs something of the program and takes no lock: hosts and build servers, which run nothing of it, say nothing.</summary>
    public static void Watch()
    {
        if (Environment.GetEnvironmentVariable(Session.OutputVariableName) is { Length: > 0 } folder && Environment.GetEnvironmentVariable(ProgramVariableName) is { Length: > 0 } program)
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) =>
            {
                if (!Volatile.Read(ref s_hasBegun) && HasLoadedFrom(program)) // pairs with the write in Begin
                {
                    TryWrite(Path.Combine(folder, $"idle-{Name}"));
                }
            };
        }
    }

    private static bool HasLoadedFrom(string folder)
    {
        foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            if (!assembly.IsDynamic && assembly != typeof(ProcessMarks).Assembly && assembly.Location.StartsWith(folder, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    // Nothing that goes wrong here may reach the program. Without a mark the tool says that it knows nothing, which is then true.
#pragma warning disable CA1031
    private static void TryWrite(string path)
    {
        try
        {
            File.WriteAllBytes(path, []);
        }
        catch (Exception)
        {
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception)
        {
        }
    }
#pragma warning restore CA1031
}
