// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>What the measurements were made on, in a line.</summary>
internal static class Machine
{
    internal static string Describe() =>
        $"{Processor()}, {Environment.ProcessorCount} logical cores, {RuntimeInformation.FrameworkDescription}, {System()} {RuntimeInformation.ProcessArchitecture}";

    private static string System() =>
        OperatingSystem.IsLinux() ? "Linux" : OperatingSystem.IsWindows() ? "Windows" : OperatingSystem.IsMacOS() ? "macOS" : "other";

    private static string Processor()
    {
        const string Key = "model name";
        const string Path = "/proc/cpuinfo";
        string? line = OperatingSystem.IsLinux() && File.Exists(Path)
            ? File.ReadLines(Path).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal))
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return line is null ? "unknown processor" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
