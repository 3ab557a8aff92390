// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>
/// Checks of the contract between a driver and the owners of memory. Each check has a name, takes a factory for the device, and throws if the
/// device breaks a rule. They work in any test framework, and without one.
/// </summary>
/// <example>
/// <code>
/// public static TheoryData&lt;string&gt; Names => [.. DriverConformance.Checks.Select(check => check.Name)];
///
/// [Theory, MemberData(nameof(Names))]
/// public void The_driver_keeps_the_contract(string name) =>
///     DriverConformance.Find(name).Run(() => new MyDeviceUnderTest(), TimeSpan.FromSeconds(10));
/// </code>
/// </example>
public static partial class DriverConformance
{
    /// <summary>All checks, the simple ones first.</summary>
    public static IReadOnlyList<ConformanceCheck> Checks { get; } =
    [
        new("every-command-ends", "Every command that is accepted signals its fence, without anyone's help.", EveryCommandEnds),
        new("work-is-done-when-its-fence-signals", "When a fence signals, the command's work is in memory.", WorkIsDone),
        new("fences-signal-in-order", "Fences signal in the order in which their commands were submitted; those of an unordered device, whatever others do.", InOrder),
        new("memory-is-left-alone-after-the-fence", "After its fence, a command touches memory no more.", LeftAlone),
        new("a-command-ends-once", "The end of one command is not the end of another.", EndsOnce),
        new("submitting-does-not-wait", "Submitting returns while other commands run.", SubmittingDoesNotWait),
        new("dependencies-come-first", "A command starts after the fences that it depends on.", DependenciesFirst),
        new("a-faulted-dependency-fails-the-command", "A command whose dependency faults does not run, and faults.", FaultedDependency),
        new("a-forgotten-dependency-fails-the-command", "A command whose dependency may have faulted (Retired) does not run, and faults.", ForgottenDependency),
        new("a-canceled-command-never-runs", "A command that was canceled before it started never runs, and its fence ends.", CanceledNeverRuns),
        new("a-running-command-that-is-canceled-ends", "Canceling a running command loses neither it nor the next one.", RunningCancelEnds),
        new("loss-ends-every-fence", "When the device is lost, every fence faults.", LossEndsEverything),
        new("a-lost-device-refuses-work", "A lost device accepts nothing, or faults it at once.", LostRefuses),
        new("a-lost-device-writes-no-more", "After the fences of a lost device have ended, its memory is left alone.", LostWritesNoMore),
        new("lost-memory-is-refused-until-the-device-stops", "Memory that a lost device may still touch is not given away.", LostMemoryIsRefused),
        new("loss-detaches", "A lost device that has stopped leaves no subscription behind.", LossDetaches),
        new("schedule-does-not-wait", "Phase A returns while commands that use the range run.", ScheduleDoesNotWait),
        new("schedule-does-not-allocate", "Phase A allocates nothing in steady state.", ScheduleDoesNotAllocate),
        new("schedule-does-not-throw", "Phase A does not throw, whatever the device is doing.", ScheduleDoesNotThrow),
        new("no-stale-access", "An invalidation completes only when no running command uses the range.", NoStaleAccess),
        new("nothing-starts-while-its-memory-goes", "Commands on a range wait while it is being invalidated, or are refused (RangeBusy), and run afterwards.", NothingStarts),
        new("no-stale-access-under-load", "As no-stale-access, with commands and invalidations side by side.", NoStaleAccessUnderLoad),
        new("loss-under-load", "When the device is lost under load, every fence ends, and memory is left alone afterwards.", LossUnderLoad),
        new("disposing-ends-every-fence", "Disposing lets finish, or faults, whatever was accepted.", DisposingEndsEverything),
        new("disposing-detaches", "Disposing leaves no subscription behind.", DisposingDetaches),
    ];

    /// <summary>Finds a check.</summary>
    /// <param name="name">The name of the check.</param>
    /// <returns>The check.</returns>
    /// <exception cref="ArgumentException">There is no check of that name.</exception>
    public static ConformanceCheck Find(string name) =>
        Checks.FirstOrDefault(check => check.Name == name) ?? throw new ArgumentException($"There is no check '{name}'.", nameof(name));

    /// <summary>Runs all checks, one after the other.</summary>
    /// <param name="driver">The driver's name, for the report.</param>
    /// <param name="factory">Creates a device; called once for each check.</param>
    /// <param name="patience">The time limit, as for <see cref="ConformanceCheck.Run"/>.</param>
    /// <returns>The checks that passed and those that failed.</returns>
    /// <remarks>Blocks. Does not throw if a check fails.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="driver"/> or <paramref name="factory"/> is null.</exception>
    public static ConformanceReport Run(string driver, Func<DeviceUnderTest> factory, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(driver);
        ArgumentNullException.ThrowIfNull(factory);
        List<ConformanceFailure> failures = [];
        foreach (ConformanceCheck check in Checks)
        {
            try
            {
                check.Run(factory, patience);
            }
            catch (ConformanceException broken)
            {
                failures.Add(new ConformanceFailure(check.Name, broken.Message));
            }
        }

        return new ConformanceReport(driver, Checks.Count - failures.Count, failures);
    }
}
