// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FenceKit;

/// <summary>
/// Makes the runtime load its own files early. The runtime opens files when some of its parts are first used. If no descriptor is left then,
/// it fails with various exceptions, and remembers the failure for ever. So the first use of a Linux bridge checks that descriptors are left,
/// and then uses every part once.
/// </summary>
internal static class LinuxDescriptors
{
    private const int Needed = 16;

    private static readonly Lock s_lock = new();
    private static bool s_isReady; // written under the lock; pairs with the read in Ensure

    /// <summary>Prepares the process, once. Afterwards only a call that itself needs a descriptor can fail for lack of one.</summary>
    /// <exception cref="IOException">This is the first use, and too few descriptors are left.</exception>
    internal static void Ensure()
    {
        if (!Volatile.Read(ref s_isReady))
        {
            Prepare();
        }
    }

    private static void Prepare()
    {
        if (s_lock.IsHeldByCurrentThread)
        {
            return; // a recursive call, from UseEverything
        }

        using InterruptShield.ShieldedScope scope = s_lock.EnterShieldedScope();
        if (!s_isReady)
        {
            CheckSpare();
            if (RuntimeFeature.IsDynamicCodeCompiled)
            {
                UseEverything();
            }

            Volatile.Write(ref s_isReady, true);
        }
    }

    /// <summary>Checks that descriptors are left, using only parts of the runtime that are certainly loaded.</summary>
    private static void CheckSpare()
    {
        int[] spare = new int[Needed];
        int count = 0;
        try
        {
            while (count < Needed && (spare[count] = CreateEvent(0, 0)) >= 0)
            {
                count++;
            }
        }
        catch (DllNotFoundException exception)
        {
            throw new IOException("The C library could not be loaded; perhaps no descriptor is left.", exception);
        }

        bool isEnough = count == Needed;
        while (count > 0)
        {
            _ = Close(spare[--count]);
        }

        if (!isEnough)
        {
            throw new IOException("Too few descriptors are left: the first use of descriptors as fences needs 16 for a moment.");
        }
    }

    /// <summary>Exports a fence and imports it again. A failure is ignored here: it will recur, and be reported, where the call is needed.</summary>
    private static void UseEverything()
    {
        try
        {
            using SharedFenceTimeline producer = SharedFenceTimeline.Create("descriptors");
            using SharedFenceTimeline consumer = SharedFenceTimeline.Open("descriptors", Environment.ProcessId, producer.Descriptor);
            using FencePool pool = new("descriptors", 1);
            Fence fence = producer.Issue();
            using SafeFileHandle readable = LinuxFences.ExportEvent(consumer.GetFence(fence.Point));
            _ = pool.TryRent(out FenceSource source);
            using IDisposable import = LinuxFences.ImportReadable(readable, source);
            producer.Signal(fence, LinuxNative.Failed("Nothing"));
            _ = source.Fence.Wait(TimeSpan.FromSeconds(1));
        }
#pragma warning disable CA1031 // For example, the kernel lacks one of the system calls.
        catch (Exception)
#pragma warning restore CA1031
        {
            // A caller that needs the system call gets the error.
        }
    }

    [DllImport("libc", EntryPoint = "eventfd")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateEvent(uint initial, int flags);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
