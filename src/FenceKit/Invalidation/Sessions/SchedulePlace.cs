// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The source line that scheduled a session, so that a session that is in the way can be found. Two words; nothing is captured at run time.
/// </summary>
internal readonly record struct SchedulePlace(string? File, int Line)
{
    /// <summary>The file without its folder, and the line.</summary>
    public override string ToString() => File is null ? "an unknown place" : $"{Path.GetFileName(File)}:{Line}";
}
