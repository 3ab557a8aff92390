// SPDX-License-Identifier: MIT
namespace FenceKit.Contract.Tests.Oracle;

/// <summary>
/// Rules 7 and 9 of docs/contract.md for subscribers, word by word, on what a scenario did: in a callback do not wait, and take no lock that
/// is ever held over a wait.
/// </summary>
/// <remarks>
/// <para>What is a wait: for a fence, for the beginning to read, and that of a session for what its subscribers handed back.</para>
/// <para>What is held over one: a lock, a section or a session (by class: the rule is about the lock in the source, not the instance) inside
/// which somebody waits; and one inside which somebody wants what is itself held over a wait, for he stands there as long. The callbacks
/// of invalidations are such a thing too: one thread at a time, wanted by whoever invalidates or begins to read (rule 5), and held over
/// whatever a callback wants. An invalidation comes before the waits for the fences that subscribers hand out (rule 5 again), so a fence
/// whose signaler stands holds up the callbacks.</para>
/// <para>A try is never wanted: it does not stand. What it got is held like anything else. Whoever wants a lock of a class that he has
/// waits for himself, or for somebody in the same place: a finding of its own (recursion), from which nothing follows for other classes. But in a callback he takes it.</para>
/// <para>That nothing is missing is shown by <see cref="ContractExplorer.CallbackCanStand"/>, which knows no such rule.</para>
/// </remarks>
internal static class CallbackRule
{
    internal static bool IsBroken(ContractScenario scenario)
    {
        ContractTrace trace = new(scenario);
        ContractMoment[] moments =
        [
            .. trace.Moments,
            .. trace.Exported.Select(static fence => new ContractMoment($"{ContractTrace.Callbacks}", fence, IsWait: false, IsCallback: false)),
        ];
        HashSet<char> overWait = [];
        for (int before = -1; overWait.Count != before;)
        {
            before = overWait.Count;
            overWait.UnionWith(moments.Where(moment => Stands(moment) && (moment.IsWait || !Nests(moment))).SelectMany(moment => moment.Held.Select(scenario.ClassOf)));
        }

        return moments.Any(moment => moment.IsCallback && Stands(moment));

        bool Nests(ContractMoment moment) => moment.Held.Select(scenario.ClassOf).Contains(scenario.ClassOf(moment.Wanted));

        bool Stands(ContractMoment moment) => moment.IsWait || overWait.Contains(scenario.ClassOf(moment.Wanted));
    }
}
