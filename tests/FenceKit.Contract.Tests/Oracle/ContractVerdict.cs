// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Oracle;

/// <summary>What the explorer and the validator say: whether it can hang, certainly or likely, and whether a callback waits.</summary>
internal sealed record ContractVerdict(LockConfidence? Hangs, bool WaitsInCallback)
{
    private static readonly LockClass[] s_locks = [.. ContractScenario.Locks.Select(static name => LockClass.Create($"lock {name}"))];
    private static readonly AddressRange s_range = new(0, 4096);

    internal static ContractVerdict OfExplorer(ContractScenario scenario) => new(HangsInExplorer(scenario), CallbackRule.IsBroken(scenario));

    /// <summary>
    /// Runs the scenario on this thread, one thread of it after the other, on the real thing. All fences are complete, so nothing hangs.
    /// </summary>
    internal static ContractVerdict OfValidator(ContractScenario scenario)
    {
        CollectingSink sink = new();
        LockValidator validator = new(new LockValidatorOptions { Sinks = [sink], CaptureStacks = false });
        FenceAnnotations.Use(validator, primesHere: true);
        Run run = new(scenario, validator); // while nothing is held
        foreach (ContractStep section in scenario.Sections)
        {
            run.Perform([section]);
        }

        // What the classes alone would allow is possible at most, and nothing that an explorer of instances could say.
        LockConfidence[] hangs = [.. sink.Violations
            .Where(static report => report is { Kind: LockViolationKind.CircularDependency or LockViolationKind.Recursion, Confidence: >= LockConfidence.Likely })
            .Select(static report => report.Confidence)];
        return new ContractVerdict(
            hangs.Length == 0 ? null : hangs.Max(),
            sink.Violations.Any(static report => report.Kind == LockViolationKind.WaitInSection));
    }

    /// <summary>
    /// Certain: with what was seen. Likely: with what was seen of one instance done to another one of its class as well, where no two of the
    /// class nest. Others of the class are those that were seen, and for a fence that owners wait for the one of an owner who was never met:
    /// he calls callbacks, and waits for it (rule 5, known from the start).
    /// </summary>
    private static LockConfidence? HangsInExplorer(ContractScenario scenario)
    {
        if (new ContractExplorer(scenario).CanHang())
        {
            return LockConfidence.Certain;
        }

        ContractTrace trace = new(scenario);
        IEnumerable<char> strangers = trace.Exported.Select(scenario.ClassOf).Distinct().Select(char.ToUpperInvariant);
        char[] names = [.. trace.Seen.Where(static name => name != ContractTrace.Callbacks), .. strangers];
        foreach (char first in names)
        {
            foreach (char second in names)
            {
                if (first != second && ClassOf(first) == ClassOf(second) && new ContractExplorer(scenario, new ContractExchange(first, second, trace.Exported)).CanHang())
                {
                    return LockConfidence.Likely;
                }
            }
        }

        return null;

        char ClassOf(char name) => char.IsUpper(name) ? char.ToLowerInvariant(name) : scenario.ClassOf(name);
    }

    private sealed class Run
    {
        private readonly LockValidator _validator;
        private readonly LockMap[] _locks;
        private readonly FenceTimeline[] _fences;
        private readonly InvalidationNotifier[] _owners;
        private readonly InvalidationSubscription[] _readers;

        internal Run(ContractScenario scenario, LockValidator validator)
        {
            _validator = validator;
            _locks = [.. ContractScenario.Locks.Select(name => new LockMap(s_locks[scenario.ClassOf(name) - '0']))];
            _owners = [.. ContractScenario.Owners.Select(name => new InvalidationNotifier($"{scenario.ClassOf(name)}"))];

            // Owners get them, which is known while this thread holds nothing.
            string exported = new ContractTrace(scenario).Exported;
            _fences = [.. ContractScenario.Fences.Select(name =>
                new FenceTimeline($"{scenario.ClassOf(name)}", new FenceTimelineOptions { IsExported = exported.Contains(name, StringComparison.Ordinal) }))];
            InvalidationSubscriptionOptions never = new() { Reasons = InvalidationReason.Release };
            _readers = [.. _owners.Select(owner => owner.Subscribe(s_range, new Subscriber(this, [], 'a'), "reader", never))];
            for (int i = 0; i < scenario.Subscribers.Length; i++)
            {
                ContractSubscriber subscriber = scenario.Subscribers[i];
                _owners[subscriber.Owner - 'x'].Subscribe(s_range, new Subscriber(this, subscriber.Callback, subscriber.Fence), $"subscriber {i}");
            }
        }

        internal void Perform(ContractStep[] steps)
        {
            foreach (ContractStep step in steps)
            {
                Perform(step);
            }
        }

        private void Perform(ContractStep step)
        {
            switch (step.Kind)
            {
                case 'L' or 'T':
                    LockMap held = _locks[step.Target - '0'];
                    LockAttempt attempt = step.Kind == 'T' ? LockAttempt.Try : LockAttempt.Blocking;
                    if (attempt == LockAttempt.Try && _validator.IsHeld(held))
                    {
                        break; // it fails
                    }

                    _validator.Acquire(held, new LockAcquireOptions { Attempt = attempt });
                    Perform(step.Inside);
                    _validator.Release(held);
                    break;
                case 'S':
                    using (_fences[step.Target - 'a'].BeginSignaling())
                    {
                        Perform(step.Inside);
                    }

                    break;
                case 'W':
                    Complete(step.Target).Wait();
                    break;
                case 'R':
                    BeginRead(_readers[step.Target - 'x']);
                    break;
                default:
                    _owners[step.Target - 'x'].Invalidate(
                        s_range, InvalidationReason.Unmap, (this, step.Inside), static (state, _) => state.Item1.Perform(state.Inside), static (_, _) => { }, TimeSpan.FromSeconds(90));
                    break;
            }
        }

        private static void BeginRead(InvalidationSubscription reader)
        {
            try
            {
                reader.BeginRead(s_range, TimeSpan.FromTicks(1), out _);
            }
            catch (InvalidOperationException)
            {
                // Inside an invalidation of its own, which the thread is told; the validator has heard of it before.
            }
        }

        private Fence Complete(char name)
        {
            FenceTimeline timeline = _fences[name - 'a'];
            Fence fence = timeline.Issue();
            timeline.Signal(fence);
            return fence;
        }

        private sealed class Subscriber(Run run, ContractStep[] callback, char fenceName) : IInvalidationSubscriber
        {
            public bool TrySchedule(in InvalidationRequest request, out Fence fence)
            {
                run.Perform(callback);
                fence = run.Complete(fenceName);
                return true;
            }
        }
    }
}
