// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit.Lockdep;
using FenceKit.Lockdep.Tests.Support;
using Xunit.Abstractions;

namespace FenceKit.Contract.Tests.Oracle;

/// <summary>The contract, as FenceKit reports it to the validator, against a naive explorer of all states.</summary>
[Trait("Suite", "Oracle")]
public sealed class ContractOracleTests(ITestOutputHelper output)
{
    private const int Seed = 20260623; // the same scenarios every time; others with FENCEKIT_SEED
    private const int Scenarios = 50_000;

    [Theory]
    [InlineData("| L0(Wa) | Sa(L0)", LockConfidence.Certain, false)] // held over the wait, taken on the way to the signal
    [InlineData("| L0(Wa) | Sa(T0)", null, false)] // the signaler can do without
    [InlineData("| Sa(Wb) | Sb(Wa)", LockConfidence.Certain, false)] // a ring of fences
    [InlineData("| Sa(Wa)", LockConfidence.Certain, false)] // one that waits for itself
    [InlineData("| Sa(Sb) | Wa | Wb", null, false)] // sections nest
    [InlineData("x{}a | L0(Ix) | Sa(L0)", LockConfidence.Certain, false)] // the session waits for the subscriber's fence
    [InlineData("x{L0}a | L0(Ix)", LockConfidence.Certain, true)] // and calls its callback, which takes the caller's own lock
    [InlineData("x{L0}a | Ix | L0(Wb)", null, true)] // a lock held over a wait has no place in a callback
    [InlineData("x{T0}a | Ix | L0(Wb)", null, false)]
    [InlineData("x{}a | Ix(L0) | L0(Rx)", LockConfidence.Certain, false)] // the reader waits for the owner, with what the owner needs
    [InlineData("x{L0}a | Ix | L0(Rx)", LockConfidence.Certain, true)] // or with what a callback needs
    [InlineData("x{}a | Sa(Rx) | Ix", LockConfidence.Certain, false)] // the device waits for the owner who waits for the device
    [InlineData("x{Wa}a | T0(T0(Ix) L0)", LockConfidence.Certain, false)] // what happens after a try that never succeeds does not happen
    [InlineData("y{L0(L0)}b | L0(Sb(Sa) Ix) Sb(Iy L0) | T0", LockConfidence.Certain, true)] // whoever invalidates, waits: it is all one place in the order
    [InlineData("x{L0}b x{L0(L0)}b | Ix(Wa) T0(Sb(Sb) Iy)", LockConfidence.Certain, false)] // but not if nobody who gets the fence holds anything
    [InlineData("x{L0}a | Wa L0(T0(Wa)) | Ix(Rx) | L0(Sa)", LockConfidence.Certain, false)] // a try for one's own lock fails
    [InlineData("x{L0}a | Ix(T1 Rx) | Wa T1(T0(L1))", LockConfidence.Certain, false)] // waiting for oneself is waiting for nobody else
    [InlineData("b=a x{}b | Sa(Ix)", LockConfidence.Likely, false)] // what is done with one of a class may be done with the other
    [InlineData("b=a x{}b | Sa(Ix(Sb))", LockConfidence.Likely, false)]
    [InlineData("1=0 | L0(Wa) | Sa(L1)", LockConfidence.Likely, false)]
    [InlineData("y=x x{}a | Ix(L0) | L0(Ry)", LockConfidence.Likely, false)]
    [InlineData("x{}a | Ix | Sa(Ix)", LockConfidence.Certain, false)]
    [InlineData("x{}a y{}b | Ix | Sa(Iy)", LockConfidence.Likely, false)] // an owner who was never met waits for it
    [InlineData("1=0 x{L1}a | Ix | L0(Wb)", null, true)] // a lock in the source, not an instance
    [InlineData("2=0 x{L1}a | T2(L1(L0) Ix)", LockConfidence.Likely, false)] // nothing follows for others from two of a class that nest
    public void What_is_known_by_heart_is_agreed_on(string scenario, LockConfidence? hangs, bool waitsInCallback)
    {
        ContractScenario parsed = ContractScenario.Parse(scenario);
        Assert.Equal(scenario, parsed.ToString());
        Assert.Equal(new ContractVerdict(hangs, waitsInCallback), ContractVerdict.OfExplorer(parsed));
        Assert.Equal(new ContractVerdict(hangs, waitsInCallback), ContractVerdict.OfValidator(parsed));
    }

    [Fact]
    public void The_validator_agrees_with_the_explorer_on_every_generated_scenario()
    {
        int seed = FromEnvironment("FENCEKIT_SEED") ?? Seed;
        int count = FromEnvironment("FENCEKIT_SCENARIOS") ?? Scenarios;
        List<string> disagreements = [];
        int certain = 0;
        int likely = 0;
        int waiting = 0;
        int standing = 0;
        for (int i = 0, judged = 0; judged < count; i++)
        {
            ContractScenario scenario = ContractGenerator.Generate(new Random(Mix(seed, i)));
            if (!new ContractExplorer(scenario).IsSmall)
            {
                continue;
            }

            judged++;
            ContractVerdict expected = ContractVerdict.OfExplorer(scenario);
            ContractVerdict actual = ContractVerdict.OfValidator(scenario);
            certain += expected.Hangs == LockConfidence.Certain ? 1 : 0;
            likely += expected.Hangs == LockConfidence.Likely ? 1 : 0;
            waiting += expected.WaitsInCallback ? 1 : 0;
            if (expected != actual)
            {
                disagreements.Add($"explorer {expected}, validator {actual}: {scenario}");
            }

            if (new ContractExplorer(scenario).CallbackCanStand())
            {
                standing++;
                if (!expected.WaitsInCallback)
                {
                    disagreements.Add($"a callback can stand for ever, and no rule says so: {scenario}");
                }
            }
        }

        output.WriteLine(
            $"seed {seed}, {count} scenarios: {certain} hang, {likely} likely, {waiting} wait in a callback ({standing} can stand there), {disagreements.Count} disagreements");
        foreach (string disagreement in disagreements.OrderBy(static text => text.Length).Take(20))
        {
            output.WriteLine(disagreement);
        }

        Proof.Write("oracle-contract", new { scenarios = count, disagreements = disagreements.Count, seed });
        Assert.True(disagreements.Count == 0, $"seed {seed}: {disagreements.MinBy(static text => text.Length)}");
        Assert.True(
            certain > count / 20 && likely > count / 100 && count - certain - likely > count / 20 && Math.Min(waiting, standing) > count / 100,
            "the scenarios must be worth their name");
    }

    private static int? FromEnvironment(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : null;

    // Not HashCode: that is another one in every process, and a printed seed would replay nothing.
    private static int Mix(int seed, int index)
    {
        ulong mixed = ((ulong)(uint)seed << 32 | (uint)index) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9;
        return (int)(mixed >> 32);
    }
}
