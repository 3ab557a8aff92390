// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FenceKit.Samples.Reclaim.Linux;

namespace FenceKit.Contract.Probe.Hangs;

/// <summary>Memory whose pages this process must bring itself: whoever touches one sleeps in a page fault until <see cref="Bring"/>.</summary>
internal sealed unsafe partial class MissingPages : IDisposable
{
    private const int UserModeOnly = 1;
    private const nuint IoctlApi = 0xc018aa3f;
    private const nuint IoctlRegister = 0xc020aa00;
    private const nuint IoctlZeroPage = 0xc020aa04;
    private const ulong ApiVersion = 0xaa;
    private const ulong RegisterMissing = 1;

    private readonly AnonymousMapping _mapping = new(Environment.SystemPageSize);
    private readonly SafeDescriptor _descriptor;
    private readonly EventPoll _poll = new();

    internal MissingPages()
    {
        _descriptor = SafeDescriptor.From(
            LinuxCalls.CreateUserfaultfd(LinuxNumbers.Userfaultfd, LinuxNumbers.CloseOnExec | LinuxNumbers.NonBlocking | UserModeOnly),
            "userfaultfd");
        ulong* api = stackalloc ulong[3] { ApiVersion, 0, 0 };
        Control(IoctlApi, api);
        ulong* range = stackalloc ulong[4] { _mapping.Address, (ulong)_mapping.Length, RegisterMissing, 0 };
        Control(IoctlRegister, range);
        _poll.Watch(_descriptor, tag: 0);
    }

    /// <summary>Managed code of the kind that the collector cannot stop in the middle: a leaf without a safe point.</summary>
    internal void TouchFromManagedCode() => Touch((byte*)_mapping.Address);

    /// <summary>Native code: the collector does not wait for it.</summary>
    internal void TouchFromNativeCode() => Fill((void*)_mapping.Address, 1, 1);

    internal void WaitForFault() => _poll.Wait();

    internal void Bring()
    {
        ulong* zero = stackalloc ulong[4] { _mapping.Address, (ulong)_mapping.Length, 0, 0 };
        Control(IoctlZeroPage, zero);
    }

    public void Dispose()
    {
        _poll.Dispose();
        _descriptor.Dispose();
        _mapping.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte Touch(byte* page) => *page;

    [LibraryImport("libc", EntryPoint = "memset")]
    private static partial void* Fill(void* start, int value, nuint count);

    private void Control(nuint request, void* argument)
    {
        if (LinuxCalls.Control(_descriptor, request, argument) != 0)
        {
            throw LinuxException.ForLastCall("ioctl(userfaultfd)");
        }
    }
}
