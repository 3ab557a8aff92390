// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

/// <summary>A lock that was held, and how it came to be held there.</summary>
internal readonly record struct HeldStep(LockMap Map, ChainRecord Record, HeldPath? Path);

/// <summary>
/// How a thread came to hold what it holds, where it let a lock go that it had taken before others that it keeps. Of locks that are released
/// inside out the held list says it all; here a lock that is held no more may be the reason why two threads cannot both be where they were seen.
/// </summary>
internal sealed class HeldPath
{
    /// <summary>Hand over hand along a list would remember the whole list.</summary>
    private const int MostReleases = 8;

    /// <summary>Too long to be kept: nothing certain is concluded from it.</summary>
    public static readonly HeldPath Unknown = new([], 0, 0, 0xD1B54A32D192ED03UL);

    private readonly int _releases;

    private HeldPath(HeldStep[] before, int released, int releases, ulong key)
    {
        Before = before;
        Released = released;
        _releases = releases;
        Key = key;
    }

    /// <summary>Everything that was held just before, outermost first.</summary>
    public HeldStep[] Before { get; }

    /// <summary>Which of it was let go.</summary>
    public int Released { get; }

    /// <summary>A part of the keys of all chains above it: what is held is the same as without the detour, the verdict need not be.</summary>
    public ulong Key { get; }

    /// <summary>True when one release more would be too many.</summary>
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
