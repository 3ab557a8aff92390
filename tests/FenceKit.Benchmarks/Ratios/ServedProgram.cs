// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>A program in a process of its own that does something as often as it is told: bare, or with the validator inside. It is started when it is needed.</summary>
/// <param name="program">The case of the tool's tests.</param>
/// <param name="toolOptions">What the tool is given; null for a bare one.</param>
/// <param name="isOff">Whether what the tool has put in is switched off.</param>
/// <param name="warmUp">How often it does its work before anything is measured: of a whole server the compiler takes thousands of requests to settle.</param>
/// <param name="arguments">What the program is given.</param>
internal sealed class ServedProgram(string program, string[]? toolOptions, bool isOff, int warmUp, params string[] arguments)
{
    private Process? _process;

    /// <summary>How many bytes it has allocated.</summary>
    internal long Allocated { get; private set; }

    /// <summary>Has it do its work so many times.</summary>
    internal void Run(int count)
    {
        if (_process is null)
        {
            _process = Start();
            Ask(_process, warmUp);
        }

        Allocated += Ask(_process, count);
    }

    private long Ask(Process process, int count)
    {
        process.StandardInput.WriteLine(count.ToString(CultureInfo.InvariantCulture));
        return long.Parse(process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{program} has ended."), CultureInfo.InvariantCulture);
    }

    // It ends when its input does, which is when this process ends.
    private Process Start()
    {
        string[] tool = toolOptions is null ? [] : [.. BuiltProgram.Tool, "run", .. toolOptions, "--"];
        string[] command = [.. tool, "dotnet", BuiltProgram.Case(program), .. arguments];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["FENCEKIT_LOCKDEP"] = isOff ? "0" : "1";
        Process process = Process.Start(start)!;
        process.StandardInput.AutoFlush = true;
        return process;
    }
}
