// SPDX-License-Identifier: MIT

using Microsoft.Win32.SafeHandles;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>A file descriptor that is closed exactly once, and never while a call is still using its number.</summary>
internal sealed class SafeDescriptor : SafeHandleMinusOneIsInvalid
{
    public SafeDescriptor()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Takes over a descriptor that a raw system call returned; a negative one is that call's failure.</summary>
    public static SafeDescriptor From(nint descriptor, string call)
    {
        if (descriptor < 0)
        {
            throw LinuxException.ForLastCall(call);
        }

        var safe = new SafeDescriptor();
        safe.SetHandle(descriptor);
        return safe;
    }

    protected override bool ReleaseHandle() => LinuxCalls.Close((int)handle) == 0;
}
