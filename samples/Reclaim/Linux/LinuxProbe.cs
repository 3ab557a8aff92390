// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>Tries each part once, harmlessly: an answer from the kernel is worth more than its version number.</summary>
internal static class LinuxProbe
{
    private const int PinnedPages = 512;

    /// <summary>Why userfaultfd cannot be used here; null if it can.</summary>
    public static string? WhyNoUserfaultfd() => Try(static () =>
    {
        using var mapping = new AnonymousMapping(Environment.SystemPageSize);
        using var watch = new Userfaultfd(mapping);
        using var pagemap = new Pagemap();
        mapping.MarkIfZero(0);
        if (pagemap.CountPresent(mapping.Address, 1) != 1)
        {
            throw new PlatformNotSupportedException("/proc/self/pagemap does not tell which pages are present.");
        }
    });

    /// <summary>Why io_uring cannot be used here; null if it can.</summary>
    public static string? WhyNoIoUring() => Try(static () =>
    {
        // As much as the scenes pin at a time: the limit of locked memory is the user's, and may be smaller than that.
        using var mapping = new AnonymousMapping(PinnedPages * Environment.SystemPageSize);
        using var wake = new WakeEvent();
        using var ring = new IoUring(entries: 2, slots: 1);
        ring.Register(0, mapping);
        ring.CancelRequests(wake.Descriptor);
        ring.Unregister(0);
    });

    private static string? Try(Action probe)
    {
        if (!LinuxNumbers.AreKnown)
        {
            return "needs Linux on x64 or arm64";
        }

        try
        {
            probe();
            return null;
        }
        catch (LinuxException refused) when (refused.Error is LinuxException.NotPermitted or LinuxException.NoSuchCall)
        {
            return $"{refused.Message}; often a container's system call filter";
        }
        catch (LinuxException refused) when (refused.Error == LinuxException.NoMemory)
        {
            return $"{refused.Message}; often the limit of locked memory (ulimit -l)";
        }
        catch (Exception refused) when (
            refused is IOException or PlatformNotSupportedException or UnauthorizedAccessException or TypeLoadException)
        {
            return refused.Message;
        }
    }
}
