// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>What a validator knows and what it had to leave out: nothing is lost silently. A snapshot of counters.</summary>
[DebuggerDisplay("{Classes} classes, {Dependencies} dependencies, {Reports} reports")]
public sealed record LockValidatorStatistics
{
    /// <summary>Classes and subclasses seen.</summary>
    public required int Classes { get; init; }

    /// <summary>Pairs of classes where one follows the other.</summary>
    public required int Dependencies { get; init; }

    /// <summary>Different chains of classes and places seen.</summary>
    public required int Chains { get; init; }

    /// <summary>Sets of instances that were held while another was wanted.</summary>
    public required int Situations { get; init; }

    /// <summary>Threads with a held list.</summary>
    public required int Threads { get; init; }

    /// <summary>Reports given to the sinks.</summary>
    public required long Reports { get; init; }

    /// <summary>Findings below <see cref="LockValidatorOptions.MinimumConfidence"/>, or of undeclared classes alone.</summary>
    public required long ReportsBelowThreshold { get; init; }

    /// <summary>Findings that had been reported already.</summary>
    public required long RepeatedReports { get; init; }

    /// <summary>Acquisitions and misuses in a suppressed section or under a sink, not judged. A place is counted when it is first seen there.</summary>
    public required long UnjudgedAcquisitions { get; init; }

    /// <summary>Instances beyond the limit of a chain, judged by their classes only. Such a finding is at most likely, no longer certain.</summary>
    public required long InstancesNotKept { get; init; }

    /// <summary>Chains beyond <see cref="LockValidatorOptions.ChainCapacity"/>: validated each time, so slower but not less.</summary>
    public required long ChainsNotKept { get; init; }

    /// <summary>Searches for a set of instances that took too many steps; the finding then rests on classes.</summary>
    public required long SearchesGivenUp { get; init; }

    /// <summary>Locks that were taken for a flow while the flow of the execution context was suppressed: nobody can follow where they are held.</summary>
    public required long UnfollowedHolds { get; init; }

    /// <summary>What started tasks wanted beyond what is remembered of one task: it counts under nobody's locks.</summary>
    public required long ForkedWantsNotKept { get; init; }

    /// <summary>Reports that a sink did not take because it threw; the first is told on standard error.</summary>
    public required long SinkFailures { get; init; }
}
