// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Reflection;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Empty files that tell the tool about its processes: one mark means that a process has acquired locks and not yet written its last
/// report, the other that a process ended without acquiring a lock. About a process with neither mark and without a report nothing is
/// known, which must not look as if nothing was found.
/// </summary>
internal static class ProcessMarks
{
    public const string ProgramVariableName = "FENCEKIT_LOCKDEP_TOOL_PROGRAM"; // the folder of the rewritten assemblies
    private static bool s_hasBegun;

    public static string Name { get; } = $"{Environment.ProcessId}-{Environment.TickCount64.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Marks that a report is still to come.</summary>
    public static void Begin(string folder)
    {
        Volatile.Write(ref s_hasBegun, true); // pairs with the read at the end
        TryWrite(Path.Combine(folder, $"begun-{Name}"));
    }

    /// <summary>Removes the mark when the last report has been written.</summary>
    public static void End(string folder) => TryDelete(Path.Combine(folder, $"begun-{Name}"));

    /// <summary>
    /// Marks the end of a process that runs code of the program and acquires no lock. Hosts and build servers, which run none of its code,
    /// leave no mark.
    /// </summary>
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

    // A failure here must not affect the program. Without a mark the tool says that it knows nothing, which is then true.
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
