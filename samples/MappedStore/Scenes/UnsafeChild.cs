// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using FenceKit.Samples.MappedStore.Access;
using FenceKit.Samples.MappedStore.Store;

namespace FenceKit.Samples.MappedStore.Scenes;

/// <summary>The same load without the gate, in a process of its own, because that process dies.</summary>
internal static class UnsafeChild
{
    private const string Variable = "FENCEKIT_MAPPEDSTORE_CHILD";
    private const int Readers = 4;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>In the child: how many megabytes; null in the parent.</summary>
    internal static int? Asked =>
        int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out int megabytes) ? megabytes : null;

    /// <summary>In the child.</summary>
    internal static int Run(int megabytes)
    {
        using DataFile file = DataFile.Open(megabytes);
        Load.Run(new NakedStore(file), file.Segments, Readers, s_patience, TimeSpan.FromMilliseconds(1));
        return 0; // lucky
    }

    /// <summary>In the parent: whether the child was killed by its own reads, and how.</summary>
    internal static (bool Died, string How) Watch(int megabytes)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        if (Path.GetFileNameWithoutExtension(start.FileName).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.Add(typeof(UnsafeChild).Assembly.Location);
        }

        start.Environment[Variable] = megabytes.ToString(CultureInfo.InvariantCulture);
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        long began = Stopwatch.GetTimestamp();
        using Process child = Process.Start(start)!;
        Task<string> error = child.StandardError.ReadToEndAsync();
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        if (!child.WaitForExit(s_patience * 2))
        {
            child.Kill();
            return (false, "it hung and was killed");
        }

        string first = error.GetAwaiter().GetResult().Split('\n', 2)[0].Trim();
        output.GetAwaiter().GetResult();
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return child.ExitCode == 0
            ? (false, "it was lucky and ended by itself")
            : (true, string.Create(CultureInfo.InvariantCulture, $"exit code {child.ExitCode} after {seconds:0.0} s: {first}"));
    }
}
