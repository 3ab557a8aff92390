// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests.Simulation;

/// <summary>What a simulation has seen, so that one that has seen nothing proves nothing.</summary>
internal sealed class SimulationCounts
{
    internal long Steps { get; set; }

    internal long Reads { get; set; }

    internal long Stale { get; set; }

    /// <summary>The same reads, had nobody looked at the lease.</summary>
    internal long StaleWithoutLeaseCheck { get; set; }

    /// <summary>Reads of what was invalidated by publishing and not waiting for anybody.</summary>
    internal long StaleWithoutAcknowledgement { get; set; }

    internal long Sessions { get; set; }

    internal long SessionsThatWaited { get; set; }

    internal long Commits { get; set; }

    internal long Acknowledged { get; set; }

    internal long Expired { get; set; }

    internal long Replaced { get; set; }

    internal long Repeats { get; set; }

    internal long Crashes { get; set; }

    internal long Successors { get; set; }

    internal long Pauses { get; set; }

    internal long Partitions { get; set; }

    internal long Drops { get; set; }

    /// <summary>The longest that a session took beyond its bound; negative when all kept it.</summary>
    internal TimeSpan BeyondBound { get; set; } = TimeSpan.MinValue;

    internal void Add(SimulationCounts other)
    {
        Steps += other.Steps;
        Reads += other.Reads;
        Stale += other.Stale;
        StaleWithoutLeaseCheck += other.StaleWithoutLeaseCheck;
        StaleWithoutAcknowledgement += other.StaleWithoutAcknowledgement;
        Sessions += other.Sessions;
        SessionsThatWaited += other.SessionsThatWaited;
        Commits += other.Commits;
        Acknowledged += other.Acknowledged;
        Expired += other.Expired;
        Replaced += other.Replaced;
        Repeats += other.Repeats;
        Crashes += other.Crashes;
        Successors += other.Successors;
        Pauses += other.Pauses;
        Partitions += other.Partitions;
        Drops += other.Drops;
        BeyondBound = other.BeyondBound > BeyondBound ? other.BeyondBound : BeyondBound;
    }

    public override string ToString() =>
        $"{Steps} steps, {Reads} reads from copies: {Stale} stale; without lease check {StaleWithoutLeaseCheck}, without acknowledgement " +
        $"{StaleWithoutAcknowledgement}. {Sessions} sessions, {SessionsThatWaited} waited, {Commits} committed; ends: {Acknowledged} acknowledged, " +
        $"{Expired} expired, {Replaced} by new incarnation; {Repeats} repeats, {Drops} drops. {Crashes} crashes, {Successors} successors, {Pauses} pauses, " +
        $"{Partitions} partitions. Latest session: {BeyondBound.TotalMilliseconds:0} ms beyond its bound.";
}
