// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using FenceKit;
using Microsoft.Win32.SafeHandles;

/// <summary>A child that may open only a few descriptors more than it has, and says what each member that needs some throws then.</summary>
internal static class ChildDescriptors
{
    private const int NumberOfFiles = 7; // RLIMIT_NOFILE
    private const int MostSpare = 10; // with the contract checked, classes of locks are made known on a thread that has to start, too

    private static readonly List<string> s_lines = [];

    [StructLayout(LayoutKind.Sequential)]
    private struct Limits
    {
        public ulong Soft;
        public ulong Hard;
    }

    /// <summary>
    /// First nothing of the bridges was used before, so whatever they have to load they load under the limit; then everything was.
    /// </summary>
    internal static void Run()
    {
        Console.WriteLine("begin"); // the console itself needs descriptors
        using FencePool pool = new("bridge", 100);
        Fence pending = new FenceTimeline("pending").Issue();
        Try("", static () => throw new IOException("So that what the child itself needs is loaded."));
        s_lines.Clear();
        SharedFenceTimeline? producer = null;
        foreach (string when in (string[])["cold", "warm"])
        {
            for (int spare = 0; spare <= MostSpare; spare++)
            {
                LeaveSpare(spare);
                TryEach($"{when} {spare}", pool, pending, producer);
            }

            LeaveSpare(100);
            producer ??= SharedFenceTimeline.Create("mine");
        }

        s_lines.ForEach(Console.WriteLine);
        Console.WriteLine("end");
    }

    private static void TryEach(string when, FencePool pool, Fence pending, SharedFenceTimeline? producer)
    {
        Try($"{when} create", static () => SharedFenceTimeline.Create("mine").Dispose());
        Try($"{when} export", () => LinuxFences.ExportEvent(pending).Dispose());
        Try($"{when} process", static () => LinuxFences.OpenProcess(Environment.ProcessId).Dispose());
        Try($"{when} import", () =>
        {
            pool.TryRent(out FenceSource source);
            LinuxFences.ImportReadable(new SafeFileHandle(0, ownsHandle: false), source).Dispose();
        });
        Try($"{when} open", () => SharedFenceTimeline.Open("theirs", Environment.ProcessId, producer?.Descriptor ?? 0).Dispose());
    }

    private static void Try(string what, Action action)
    {
        try
        {
            action();
            s_lines.Add($"{what} ok");
        }
        catch (Exception exception)
        {
            s_lines.Add($"{what} {exception.GetType().FullName}: {exception.Message}");
        }
    }

    /// <summary>The limit counts numbers, not descriptors: the lowest number that is free, and as many more.</summary>
    private static void LeaveSpare(int spare)
    {
        Limits enough = new() { Soft = 1024, Hard = 4096 };
        _ = SetLimit(NumberOfFiles, ref enough);
        int free = Duplicate(0);
        _ = Close(free);
        Limits limits = new() { Soft = (ulong)(free + spare), Hard = 4096 };
        _ = SetLimit(NumberOfFiles, ref limits);
    }

    [DllImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetLimit(int resource, ref Limits limits);

    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Duplicate(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
