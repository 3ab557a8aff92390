// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance.Tests;

/// <summary>What a <see cref="PlainDevice"/> does wrong.</summary>
public enum Defect
{
    None,
    ForgetsToSignal,
    SignalsEarly,
    SignalsOutOfOrder,
    SignalsSeveralAtOnce,
    DoubleCompletes,
    TouchesMemoryAfterItsFence,
    BlocksTheSubmitter,
    BlocksItsWorkerForADependency,
    IgnoresDependencies,
    IgnoresFaultedDependencies,
    TakesRetiredForSuccess,
    LosesACancel,
    RunsWhatWasCanceled,
    IgnoresLoss,
    AcceptsWorkAfterLoss,
    WritesOnAfterLoss,
    GivesMemoryAwayAfterLoss,
    StaysSubscribedAfterLoss,
    WaitsInSchedule,
    AllocatesInSchedule,
    ThrowsInSchedule,
    SaysDoneWhileItRuns,
    StartsDuringAnInvalidation,
    DropsWorkWhenDisposed,
    LeaksASubscription,
}
