// SPDX-License-Identifier: MIT
namespace FenceKit.Contract.Tests.Oracle;

/// <summary>What somebody had when he wanted something: each a letter, <see cref="ContractTrace.Callbacks"/> for the callbacks of invalidations.</summary>
internal sealed record ContractMoment(string Held, char Wanted, bool IsWait, bool IsCallback);

/// <summary>A scenario as it runs, one section after the other, alone: what happens, and nothing else.</summary>
internal sealed class ContractTrace
{
    internal const char Callbacks = '!';

    private readonly ContractScenario _scenario;
    private readonly List<ContractMoment> _moments = [];
    private readonly HashSet<char> _seen = [];

    internal ContractTrace(ContractScenario scenario)
    {
        _scenario = scenario;
        foreach (ContractStep section in scenario.Sections)
        {
            Perform([section], "", isCallback: false);
        }
    }

    internal IReadOnlyList<ContractMoment> Moments => _moments;

    /// <summary>Locks, fences and owners that came up at all.</summary>
    internal IReadOnlySet<char> Seen => _seen;

    /// <summary>The fences that subscribers have handed out.</summary>
    internal string Exported { get; private set; } = "";

    private void Perform(ContractStep[] steps, string held, bool isCallback)
    {
        foreach (ContractStep step in steps)
        {
            switch (step.Kind)
            {
                case 'T' when held.Contains(step.Target, StringComparison.Ordinal):
                    break; // it fails
                case 'T' or 'S':
                    Have(step, held, isCallback);
                    break;
                case 'L':
                    Want(held, step.Target, isWait: false, isCallback);
                    Have(step, held, isCallback);
                    break;
                case 'W':
                    Want(held, step.Target, isWait: true, isCallback);
                    break;
                case 'R':
                    Want(held, step.Target, isWait: true, isCallback);
                    Want(held, Callbacks, isWait: false, isCallback);
                    break;
                default:
                    Invalidate(step, held, isCallback);
                    break;
            }
        }
    }

    private void Invalidate(ContractStep step, string held, bool isCallback)
    {
        Want(held, Callbacks, isWait: false, isCallback);
        ContractSubscriber[] subscribers = [.. _scenario.Of(step.Target)];
        foreach (ContractSubscriber subscriber in subscribers)
        {
            Perform(subscriber.Callback, held + Callbacks, isCallback: true);
            Exported += subscriber.Fence;
        }

        Have(step, held, isCallback);
        foreach (ContractSubscriber subscriber in subscribers)
        {
            Want(held + step.Target, subscriber.Fence, isWait: true, isCallback);
        }
    }

    private void Have(ContractStep step, string held, bool isCallback)
    {
        _seen.Add(step.Target);
        Perform(step.Inside, held + step.Target, isCallback);
    }

    private void Want(string held, char wanted, bool isWait, bool isCallback)
    {
        _seen.Add(wanted);
        _moments.Add(new ContractMoment(held, wanted, isWait, isCallback));
    }
}
