// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FenceKit;

/// <summary>
/// The runtime loads its own parts from files when they are first used. If no descriptor is left at that moment it fails with whatever it likes, and it
/// remembers the failure for ever. So the first use of a bridge asks for some spare descriptors, and then has everything loaded while there are some.
/// </summary>
internal static class LinuxDescriptors
{
    private const int Needed = 16;

    private static readonly Lock s_lock = new();
    private static bool s_isReady; // written under the lock; pairs with the read in Ensure

    /// <summary>Prepares, once, so that running out of descriptors is an error of the call that needs one, and of no other.</summary>
    /// <exception cref="IOException">The first use, and hardly any descriptor is left.</exception>
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
            return; // called by what we call below
        }

        s_lock.EnterShielded();
        try
        {
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
        finally
        {
            s_lock.Exit();
        }
    }

    /// <summary>Checks that descriptors are left, with nothing but what is loaded for certain.</summary>
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

    /// <summary>A fence goes to another side and back. What fails here fails again where it is asked for, and is told there.</summary>
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
#pragma warning disable CA1031 // A kernel without one of the calls, for example.
        catch (Exception)
#pragma warning restore CA1031
        {
            // A caller that needs it hears of it.
        }
    }

    [DllImport("libc", EntryPoint = "eventfd")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateEvent(uint initial, int flags);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
