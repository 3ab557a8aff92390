// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Tests.Support;
using Xunit.Abstractions;

namespace FenceKit.Lockdep.Tests.Robustness;

/// <summary>The graph against a matrix that knows nothing but transitivity, with classes that come and go.</summary>
public sealed class GraphAgainstClosureTests(ITestOutputHelper output)
{
    private const int Operations = 100_000;
    private const int Slots = 24;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Reachability_agrees_with_the_naive_closure(int seed)
    {
        var random = new Random(seed);
        var graph = new DependencyGraph();
        var classes = new LockClass[Slots];
        var closure = new bool[Slots, Slots];
        for (int i = 0; i < Slots; i++)
        {
            classes[i] = LockClass.Create($"c{i}");
        }

        int added = 0;
        int removed = 0;
        int compared = 0;
        for (int step = 0; step < Operations; step++)
        {
            (int from, int to) = (random.Next(Slots), random.Next(Slots));
            int action = random.Next(100);
            if (action < 12 && from != to)
            {
                Add(graph, closure, classes, from, to);
                added++;
            }
            else if (action < 20)
            {
                Remove(graph, closure, classes, from);
                removed++;
            }
            else if (from != to)
            {
                bool expected = closure[from, to];
                LockNode start = graph.NodeOf(classes[from], 0);
                LockNode end = graph.NodeOf(classes[to], 0);
                Assert.Equal(expected, graph.Reaches(start, end));
                List<LockViolationEdge>? path = graph.FindForward(start, false, (node, _) => ReferenceEquals(node, end));
                Assert.Equal(expected, path is not null);
                Assert.Equal(expected, graph.FindBackward(end, false, (node, _) => ReferenceEquals(node, start)) is not null);
                compared++;
            }

            if (step % 1000 == 0)
            {
                graph.CheckInvariants();
            }
        }

        output.WriteLine($"seed {seed}: {added} added, {removed} removed, {compared} compared");
        Assert.True(added > 5000 && removed > 5000 && compared > 50_000);
    }

    private static void Add(DependencyGraph graph, bool[,] closure, LockClass[] classes, int from, int to)
    {
        HeldLock held = Describe(classes[from]);
        HeldLock wanted = Describe(classes[to]);
        graph.Add(
            graph.NodeOf(classes[from], 0), graph.NodeOf(classes[to], 0), LockDependencyKinds.ExclusiveToQueued, new LockViolationEdge(held, wanted, "t"));
        for (int i = 0; i < Slots; i++)
        {
            for (int j = 0; j < Slots; j++)
            {
                closure[i, j] |= (i == from || closure[i, from]) && (j == to || closure[to, j]);
            }
        }
    }

    private static void Remove(DependencyGraph graph, bool[,] closure, LockClass[] classes, int slot)
    {
        graph.Remove(graph.NodeOf(classes[slot], 0));
        classes[slot] = LockClass.Create($"{classes[slot].Name}'"[..Math.Min(12, classes[slot].Name.Length + 1)]);
        for (int i = 0; i < Slots; i++)
        {
            closure[i, slot] = closure[slot, i] = false;
        }
    }

    private static HeldLock Describe(LockClass lockClass)
        => new(lockClass, 0, "x", LockAcquireMode.Exclusive, LockAttempt.Blocking, null, null);
}
