// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Counters of what a validator has recorded and of what it had to leave out, so that nothing is lost silently.</summary>
[DebuggerDisplay("{Classes} classes, {Dependencies} dependencies, {Reports} reports")]
public sealed record LockValidatorStatistics
{
    /// <summary>The number of classes and subclasses.</summary>
    public required int Classes { get; init; }

    /// <summary>The number of dependencies between two classes.</summary>
    public required int Dependencies { get; init; }

    /// <summary>The number of different chains of classes and sites.</summary>
    public required int Chains { get; init; }

    /// <summary>The number of sets of instances that were held while another one was wanted.</summary>
    public required int Situations { get; init; }

    /// <summary>The number of threads with a held list.</summary>
    public required int Threads { get; init; }

    /// <summary>The number of reports delivered to the sinks.</summary>
    public required long Reports { get; init; }

    /// <summary>
    /// The number of findings below <see cref="LockValidatorOptions.MinimumConfidence"/>, or that rest on undeclared classes alone.
    /// </summary>
    public required long ReportsBelowThreshold { get; init; }

    /// <summary>The number of findings that had already been reported.</summary>
    public required long RepeatedReports { get; init; }

    /// <summary>
    /// The number of acquisitions and misuses that were not validated, in a suppressed section or inside a sink. A site is counted when it
    /// is first seen there.
    /// </summary>
    public required long UnjudgedAcquisitions { get; init; }

    /// <summary>
    /// The number of instances beyond the limit of a chain, which are validated by their classes only. A finding about them is at most
    /// likely.
    /// </summary>
    public required long InstancesNotKept { get; init; }

    /// <summary>
    /// The number of chains beyond <see cref="LockValidatorOptions.ChainCapacity"/>, which are validated each time: slower, but no less
    /// thoroughly.
    /// </summary>
    public required long ChainsNotKept { get; init; }

    /// <summary>The number of searches for a set of instances that took too many steps; the finding then rests on classes.</summary>
    public required long SearchesGivenUp { get; init; }

    /// <summary>
    /// The number of locks that a flow acquired while the flow of the execution context was suppressed, so that their holds cannot be
    /// tracked.
    /// </summary>
    public required long UnfollowedHolds { get; init; }

    /// <summary>
    /// The number of acquisitions of started tasks beyond the limit that is remembered for one task: they are not checked under other
    /// flows' locks.
    /// </summary>
    public required long ForkedWantsNotKept { get; init; }

    /// <summary>The number of reports during which a sink threw; the first failure is written to standard error.</summary>
    public required long SinkFailures { get; init; }
}
