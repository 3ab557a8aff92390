// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using FenceKit.Lockdep.Tests.Support;
using Xunit.Abstractions;

namespace FenceKit.Lockdep.Tests.Oracle;

/// <summary>Asynchronous flows with calls, changes of threads, and tasks that are joined, awaited, blocked for or forgotten, against a naive explorer.</summary>
[Trait("Suite", "Oracle")]
[Collection(Alone.Name)]
public sealed class AsyncOracleTests(ITestOutputHelper output)
{
    private const int Scenarios = 50_000;

    // The same programs each time, unless FENCEKIT_SEED says otherwise. They are run as real code, so the order of threads varies all the same.
    private const int UsualSeed = 20261129;

    private static readonly TimeSpan s_enough = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("A0(h A1) | A1(h A0)", true)]
    [InlineData("A0(c(h A1)) | A1(c(A0))", true)] // in a method that is called
    [InlineData("A0(j(A1)) | A1(A0)", true)] // in a task that is joined
    [InlineData("A0(p(A1)) | A1(A0)", true)] // and in one that is awaited plainly
    [InlineData("A0(f(A1)) | A1(A0)", false)] // but not in one that is forgotten
    [InlineData("A0(d(A1)) | A1(A0)", false)]
    [InlineData("L0(w(A1)) | A1(L0)", true)] // blocking under a lock of the thread
    [InlineData("A0(j(A0))", true)] // the task wants what its holder keeps
    [InlineData("A0(f(A0))", false)]
    [InlineData("A0(A0)", true)]
    [InlineData("A0(j(A1(A2))) | A0(A2(A1))", false)] // the holder's lock guards the task that it waits for
    [InlineData("A0(f(A1(A2))) | A0(A2(A1))", true)] // and not the one that it forgets
    [InlineData("A0(j(f(A1(A2)))) | A0(A2(A1))", true)] // nor one that is forgotten by a task that it waits for
    [InlineData("A0(j(A1(j(A2)))) | A2(A0)", true)]
    [InlineData("A0(c(h A1)) | A1(A0)", true)] // after an await, in a call that is awaited
    [InlineData("A0(c(h c(h A1))) | A1(A0)", true)] // and in a call of a call
    [InlineData("A0(c(h A0))", true)]
    [InlineData("A0(l(c(h A1) h A2)) | A1(A0)", true)] // that is awaited later
    [InlineData("A0(l(c(h A1) A2)) | A1(A2)", false)] // what is taken meanwhile is not held by the call
    [InlineData("A0(l(c(h A1) A2)) | A2(A0)", true)]
    [InlineData("A0(b(h A1)) | A1(A0)", false)] // that is never awaited
    [InlineData("A0(b(c(h A1))) | A1(A0)", false)]
    [InlineData("A0(c(b(h A1) h)) | A1(A0)", false)]
    [InlineData("A0(b(h A0))", false)]
    [InlineData("A0(b(h L1)) | L1(w(A0))", false)]
    [InlineData("A0(b(A1)) | A1(A0)", true)] // but before its first await it is a part of its caller
    [InlineData("A0(A2(h A1) A1(p(A3))) | A3(A1)", true)] // A1 was not taken inside A2, which had been let go by then
    [InlineData("A2(d(A3(A1(A0) w(L0(L1)))))", false)] // found by a run: A3 guards, also when A2 goes last
    [InlineData("A2(f(A3(A1(A0) w(L0(L1)))))", false)]
    public async Task Scenarios_that_a_reader_can_follow(string text, bool hangs)
    {
        AsyncScenario scenario = AsyncScenario.Parse(text);
        Assert.Equal(text, scenario.ToString());
        Assert.Equal(hangs, new AsyncExplorer(scenario).CanHang());
        Assert.Equal(hangs, await AsyncRunner.IsCertainAsync(scenario));
    }

    [Fact]
    public async Task The_validator_agrees_with_the_explorer_on_every_generated_flow()
    {
        int seed = OracleSeed.ChooseOr(UsualSeed);
        int most = int.TryParse(Environment.GetEnvironmentVariable("FENCEKIT_SCENARIOS"), CultureInfo.InvariantCulture, out int wanted) ? wanted : Scenarios;
        ThreadPool.GetMinThreads(out int before, out int ports);
        ThreadPool.SetMinThreads(Math.Max(before, 32), ports); // some flows block for their tasks
        var wrong = new ConcurrentBag<string>();
        var missed = new ConcurrentBag<string>();
        int ran = 0;
        int hanging = 0;
        long began = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, most, async (i, _) =>
        {
            if (Stopwatch.GetElapsedTime(began) > s_enough)
            {
                return; // as many as fit
            }

            AsyncScenario scenario = AsyncScenario.Generate(new Random(unchecked((seed * 397) ^ (i * 7919))));
            bool hangs = new AsyncExplorer(scenario).CanHang();
            bool isCertain = await AsyncRunner.IsCertainAsync(scenario).ConfigureAwait(false);
            Interlocked.Increment(ref ran);
            Interlocked.Add(ref hanging, hangs ? 1 : 0);
            if (hangs != isCertain && (isCertain || !scenario.HasBegun))
            {
                (isCertain ? wrong : missed).Add(scenario.ToString());
            }
        });

        ThreadPool.SetMinThreads(before, ports);

        output.WriteLine($"seed {seed}, {ran} scenarios: {hanging} hang, {wrong.Count} wrongly certain, {missed.Count} missed");
        string[] shortest = [.. wrong.OrderBy(static text => text.Length).Take(8).Select(static text => "wrong " + text), .. missed.OrderBy(static text => text.Length).Take(8).Select(static text => "missed " + text)];
        foreach (string one in shortest)
        {
            output.WriteLine(one);
        }

        Proof.Write("oracle-async", new { scenarios = ran, hanging, wronglyCertain = wrong.Count, missed = missed.Count, seed });
        Assert.True(wrong.IsEmpty && missed.IsEmpty, $"seed {seed}: {string.Join(Environment.NewLine, shortest)}");
        Assert.True(hanging > ran / 50, "the scenarios must be worth their name");
    }
}
