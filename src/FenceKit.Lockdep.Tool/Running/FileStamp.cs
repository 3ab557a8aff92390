// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>A stamp to detect changes of a file: its length and the time of its last write.</summary>
/// <param name="Length">The length; -1 for a missing file.</param>
/// <param name="Written">The time of the last write, in ticks of UTC.</param>
internal readonly record struct FileStamp(long Length, long Written)
{
    // Two writes within a short time may have the same timestamp, so a recently written file may change without a change of its stamp.
    private static readonly long s_settled = TimeSpan.FromSeconds(2).Ticks;

    /// <exception cref="IOException">The file cannot be accessed.</exception>
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
        {
            file = target;
        }

        return file.Exists ? new FileStamp(file.Length, file.LastWriteTimeUtc.Ticks) : new FileStamp(-1, 0);
    }

    /// <summary>Whether any later change of a file with this stamp will change the stamp.</summary>
    public bool IsSettled(DateTime now) => now.Ticks - Written > s_settled;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Length}:{Written}");
}
