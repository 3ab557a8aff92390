// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Running;
using FenceKit.Benchmarks.Curves;
using FenceKit.Benchmarks.Ratios;
using FenceKit.Benchmarks.Remote;

namespace FenceKit.Benchmarks;

/// <summary>Chooses the command. Whatever begins with a dash, or nothing at all, is BenchmarkDotNet's.</summary>
internal static class CommandLine
{
    internal const int UsageError = 2;

    private const string Usage = """
        ratios [--json FILE] [--only PREFIX]   measures ours against theirs in one run; exit code 1 when a limit is missed
        ratios-table FILE [--into DOCUMENT]    the table of a JSON file, or written between the marks of a document
        curves [--into DIRECTORY] [--only NAME]  measures how costs grow, and draws them as SVG
        remote [--into DIRECTORY]              invalidation across processes beside a plain publish; needs redis-server; exit code 1 when a limit is missed
        performance                            everything that docs/performance.md and README.md show; run it in the repository's root
        --filter, --list, ...                  BenchmarkDotNet
        """;

    internal static int Run(string[] arguments)
    {
        try
        {
            switch (arguments)
            {
                case [] or [['-', ..], ..]:
                    BenchmarkSwitcher.FromAssembly(typeof(CommandLine).Assembly).Run(arguments);
                    return 0;
                case ["ratios", .. string[] rest]:
                    Options ratios = Options.Parse(rest, "--json", "--only");
                    ratios.RefuseValues();
                    return RatioCommand.Run(ratios["--json"], ratios["--only"] ?? "");
                case ["ratios-table", string file, .. string[] rest]:
                    Options table = Options.Parse(rest, "--into");
                    table.RefuseValues();
                    return RatioTableCommand.Run(file, table["--into"]);
                case ["curves", .. string[] rest]:
                    Options curves = Options.Parse(rest, "--into", "--only");
                    curves.RefuseValues();
                    return CurveCommand.Run(curves["--into"] ?? ".", curves["--only"] ?? "");
                case ["remote", .. string[] rest]:
                    Options remote = Options.Parse(rest, "--into");
                    remote.RefuseValues();
                    return RemoteCommand.Run(remote["--into"] ?? ".");
                case ["remote-node", string port]:
                    return StoppedNode.ServeAsync(int.Parse(port, CultureInfo.InvariantCulture)).GetAwaiter().GetResult();
                case ["performance"]:
                    return PerformanceCommand.Run();
                default:
                    throw new OptionException($"There is no command '{string.Join(' ', arguments)}'.");
            }
        }
        catch (Exception exception) when (exception is OptionException or FormatException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(exception.Message);
            if (exception is OptionException)
            {
                Console.Error.WriteLine(Usage);
            }

            return UsageError;
        }
    }

    /// <summary>This program once more, with other arguments.</summary>
    internal static ProcessStartInfo StartAgain(params string[] arguments)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(CommandLine).Assembly.Location); // run by the host: dotnet FenceKit.Benchmarks.dll
        }

        Array.ForEach(arguments, start.ArgumentList.Add);
        return start;
    }
}
