// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>A held lock, with the path that led to it.</summary>
internal readonly record struct HeldStep(LockMap Map, ChainRecord Record, HeldPath? Path);

/// <summary>
/// The path that led to a held list, when a lock was released before others that were acquired after it and are still held. If locks are
/// released in reverse order of acquisition, the held list says everything; otherwise a lock that is no longer held may be the reason why
/// two threads cannot both reach their observed positions.
/// </summary>
internal sealed class HeldPath
{
    /// <summary>Hand-over-hand locking along a list would otherwise remember the whole list.</summary>
    private const int MostReleases = 8;

    /// <summary>The path was too long to be kept: nothing certain is concluded from it.</summary>
    public static readonly HeldPath Unknown = new([], 0, 0, 0xD1B54A32D192ED03UL);

    private readonly int _releases;

    private HeldPath(HeldStep[] before, int released, int releases, ulong key)
    {
        Before = before;
        Released = released;
        _releases = releases;
        Key = key;
    }

    /// <summary>All locks that were held just before the release, outermost first.</summary>
    public HeldStep[] Before { get; }

    /// <summary>The index of the released lock.</summary>
    public int Released { get; }

    /// <summary>
    /// Part of the keys of all chains above it: the held locks are the same as without the release, but the verdict may differ.
    /// </summary>
    public ulong Key { get; }

    /// <summary>True when one more release would be too many.</summary>
    public bool IsFull => ReferenceEquals(this, Unknown) || _releases >= MostReleases;

    public static HeldPath After(HeldStep[] before, int released, ulong key)
    {
        int releases = 1;
        foreach (HeldStep step in before)
        {
            releases = Math.Max(releases, (step.Path?._releases ?? 0) + 1);
        }

        return new HeldPath(before, released, releases, key);
    }
}
