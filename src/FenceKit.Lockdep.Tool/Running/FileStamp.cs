// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>Whether a file may have been changed: its length, and when it was written.</summary>
/// <param name="Length">Its length; -1 for a file that is not there.</param>
/// <param name="Written">When it was written, in ticks of UTC.</param>
internal readonly record struct FileStamp(long Length, long Written)
{
    // Two writes of one moment can bear the same time: so young a file may still change under its stamp.
    private static readonly long s_settled = TimeSpan.FromSeconds(2).Ticks;

    /// <exception cref="IOException">The file cannot be looked at.</exception>
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
        {
            file = target;
        }

        return file.Exists ? new FileStamp(file.Length, file.LastWriteTimeUtc.Ticks) : new FileStamp(-1, 0);
    }

    /// <summary>Whether a file that bears this stamp now bears another one when it is changed from now on.</summary>
    public bool IsSettled(DateTime now) => now.Ticks - Written > s_settled;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Length}:{Written}");
}
