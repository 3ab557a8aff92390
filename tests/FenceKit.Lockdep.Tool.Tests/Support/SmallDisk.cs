// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep.Tool.Tests.Support;

/// <summary>A disk of a few kilobytes in memory, for a test alone.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int MostKilobytes = 4096;

    private static readonly Lazy<bool> s_canBeMade = new(static () =>
    {
        string probe = Directory.CreateTempSubdirectory("lockdep-probe-").FullName;
        try
        {
            return OperatingSystem.IsLinux() && Mount("-t", "tmpfs", "-o", "size=64k", "none", probe) && Run("umount", probe);
        }
        finally
        {
            Directory.Delete(probe);
        }
    });

    public SmallDisk(int kilobytes)
    {
        Assert.True(Mount("-t", "tmpfs", "-o", $"size={kilobytes}k", "none", Root));
    }

    /// <summary>Whether this process may mount anything.</summary>
    public static bool CanBeMade => s_canBeMade.Value;

    public string Root { get; } = Directory.CreateTempSubdirectory("lockdep-disk-").FullName;

    public void Fill()
    {
        using var filler = new FileStream(Path.Combine(Root, "filler"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        Action write = () =>
        {
            for (int i = 0; i < MostKilobytes; i++)
            {
                filler.Write(new byte[1024]);
            }
        };
        Assert.Throws<IOException>(write);
    }

    public void MakeReadOnly() => Assert.True(Mount("-o", "remount,ro", Root));

    public void Dispose()
    {
        Run("umount", Root);
        Directory.Delete(Root);
    }

    private static bool Mount(params string[] arguments) => Run("mount", arguments);

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A test that needs a disk of its own.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute()
    {
        if (!SmallDisk.CanBeMade)
        {
            Skip = "Nothing can be mounted here: it needs Linux and the right to mount.";
        }
    }
}
