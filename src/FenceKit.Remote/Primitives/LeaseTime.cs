// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Remote;

/// <summary>The clock with which one party measures leases: monotonic, and compared only with itself.</summary>
internal sealed class LeaseTime
{
    private readonly TimeProvider? _provider; // null: a clock of the machine
    private readonly LeaseClock _kind;

    internal LeaseTime(TimeProvider provider, LeaseClock kind)
    {
        _kind = kind;
        if (!ReferenceEquals(provider, TimeProvider.System) || kind == LeaseClock.Monotonic)
        {
            _provider = provider;
            Frequency = provider.TimestampFrequency;
            Resolution = TimeSpan.Zero;
            return;
        }

        Frequency = MachineClock.Frequency;
        Resolution = kind == LeaseClock.Coarse ? MachineClock.CoarseResolution : TimeSpan.Zero;
    }

    internal long Frequency { get; }

    /// <summary>How much a reading may be behind.</summary>
    internal TimeSpan Resolution { get; }

    internal long Now
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _provider is null
            ? _kind == LeaseClock.Coarse ? MachineClock.ReadCoarse() : MachineClock.ReadIncludingSuspend()
            : _provider.GetTimestamp();
    }

    internal long Floor(TimeSpan time) => (long)Math.Floor(time.TotalSeconds * Frequency);

    internal long Ceiling(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds * Frequency);

    /// <summary>The time until a moment, rounded up to a millisecond, so that a timer with that time does not fire too early.</summary>
    internal TimeSpan Until(long moment, long now) =>
        moment <= now ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling((moment - now) * 1000.0 / Frequency));

    internal TimeSpan Span(long time) => TimeSpan.FromSeconds((double)time / Frequency);
}
