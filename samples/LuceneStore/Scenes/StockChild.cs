// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Lucene.Net.Store;

namespace FenceKit.Samples.LuceneStore.Scenes;

/// <summary>The same misuse of the MMapDirectory that comes with Lucene.NET, in a process of its own, which may die of it.</summary>
internal static class StockChild
{
    private const string Variable = "FENCEKIT_LUCENESTORE_CHILD";
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(30);

    /// <summary>In the child: for how many milliseconds; null in the parent.</summary>
    internal static int? Asked =>
        int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds) ? milliseconds : null;

    /// <summary>In the child.</summary>
    internal static int Run(int milliseconds)
    {
        string path = System.IO.Directory.CreateTempSubdirectory("fencekit-lucenestore-stock-").FullName;
        try
        {
            using MMapDirectory directory = new(path);
            ChurnResult result = new Churn(directory).Run(TimeSpan.FromMilliseconds(milliseconds), new Progress<double>());
            Console.WriteLine($"{result.Searches:N0} searches, {result.Refused:N0} refused cleanly, {result.BrokenInLucene + result.RefusedThoughHeld + result.Unclean.Values.Sum():N0} failed in other ways");
            return SampleCommand.Good;
        }
        finally
        {
            System.IO.Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>In the parent: what became of the child, in words.</summary>
    internal static string Watch(TimeSpan duration)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(start.FileName).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.Add(typeof(StockChild).Assembly.Location);
        }

        start.Environment[Variable] = ((int)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        long began = Stopwatch.GetTimestamp();
        using Process child = Process.Start(start)!;
        Task<string> error = child.StandardError.ReadToEndAsync();
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        if (!child.WaitForExit(duration + s_grace))
        {
            child.Kill();
            return "it hung and was killed";
        }

        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        string said = output.GetAwaiter().GetResult().Trim();
        string complaint = error.GetAwaiter().GetResult().Split('\n', 2)[0].Trim();
        return child.ExitCode == 0 ? $"lived: {said}" : string.Create(CultureInfo.InvariantCulture, $"died after {seconds:0.0} s, exit code {child.ExitCode}: {complaint}");
    }
}
