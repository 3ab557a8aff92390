// SPDX-License-Identifier: MIT
using System.Globalization;

namespace FenceKit.Lockdep.Tests.Oracle;

/// <summary>
/// One step of an asynchronous flow. <c>A</c>: an awaited lock; <c>L</c>: a lock of the thread; what stands in brackets happens while it is held. <c>h</c>: a
/// change of threads. Calls of an asynchronous method: <c>c</c> awaited at once; <c>l</c> the first step is called, the others are done meanwhile, and then it is
/// awaited; <c>b</c> called and never awaited. Tasks: <c>j</c> started and joined by name, <c>p</c> started and awaited plainly, <c>w</c>
/// blocked for, <c>f</c> started and forgotten, <c>d</c> called and forgotten.
/// </summary>
internal sealed record AsyncStep(char Kind, int Lock, AsyncStep[] Inside)
{
    public bool IsLock => Kind is 'A' or 'L';

    public bool IsForgotten => Kind is 'f' or 'd';

    /// <summary>Whether somewhere a call is never awaited. What follows from such a one nobody can know, so it is checked only that nothing is called certain wrongly.</summary>
    public bool HasBegun => Kind == 'b' || Array.Exists(Inside, static step => step.HasBegun);

    public override string ToString()
    {
        string inside = Inside.Length == 0 ? "" : $"({string.Join(' ', Inside.Select(static step => step.ToString()))})";
        return IsLock ? string.Create(CultureInfo.InvariantCulture, $"{Kind}{Lock}{inside}") : $"{Kind}{inside}";
    }
}

/// <summary>Flows that are seen one after the other, written with a bar between them; up to four locks, each of a class of its own.</summary>
internal sealed record AsyncScenario(AsyncStep[][] Flows)
{
    public const int MostLocks = 4;
    private const int MostSteps = 14;

    public static AsyncScenario Parse(string text) => new([.. text.Split('|', StringSplitOptions.TrimEntries).Select(static part =>
    {
        int at = 0;
        return ParseSteps(part, ref at);
    })]);

    public static AsyncScenario Generate(Random random)
    {
        int left = MostSteps;
        var flows = new AsyncStep[random.Next(1, 4)][];
        for (int i = 0; i < flows.Length; i++)
        {
            flows[i] = Steps(random, [], Where.Flow, isGuarded: false, depth: 0, ref left);
        }

        return new AsyncScenario(flows);
    }

    public bool HasBegun => Array.Exists(Flows, static steps => Array.Exists(steps, static step => step.HasBegun));

    public override string ToString() => string.Join(" | ", Flows.Select(static steps => string.Join(' ', steps.Select(static step => step.ToString()))));

    private static AsyncStep[] Steps(Random random, int[] held, Where where, bool isGuarded, int depth, ref int left)
    {
        var steps = new List<AsyncStep>();
        for (int count = random.Next(1, 3); count > 0 && left > 0; count--)
        {
            left--;
            steps.Add(Step(random, held, where, isGuarded, depth, ref left));
        }

        return [.. steps];
    }

    /// <summary>Under a lock of the thread no code awaits. In a call that is not awaited there are calls and locks. What a task begins that is waited for counts as the task's.</summary>
    private enum Where
    {
        Flow,
        Task,
        Begun,
        Thread,
        ThreadOfBegun,
    }

    private static AsyncStep Step(Random random, int[] held, Where where, bool isGuarded, int depth, ref int left)
    {
        string kinds = where switch
        {
            Where.Flow => "AAAAAAAALhhcjpwfdlbb",
            Where.Task => "AAAAAAALhhcjpwfdl",
            Where.Begun => "AAAALhhhc",
            Where.Thread => "LLw",
            _ => "L",
        };
        char kind = kinds[random.Next(kinds.Length)];
        if (kind == 'h' || depth > 4)
        {
            bool isOfThread = where is Where.Thread or Where.ThreadOfBegun;
            return new AsyncStep(isOfThread ? 'L' : 'h', isOfThread ? Free(random, held) : 0, []);
        }

        if (kind is 'A' or 'L')
        {
            // What the flow has already hangs each time, so it is taken again only now and then.
            int number = random.Next(12) == 0 ? random.Next(MostLocks) : Free(random, held);
            Where inside = kind == 'A' ? where : where is Where.Begun or Where.ThreadOfBegun ? Where.ThreadOfBegun : Where.Thread;
            return new AsyncStep(kind, number, random.Next(4) == 0 ? [] : Steps(random, [.. held, number], inside, isGuarded, depth + 1, ref left));
        }

        if (kind is 'c' or 'l' or 'b')
        {
            left--; // a call that takes nothing is worth little
            return new AsyncStep(kind, 0, Steps(random, held, kind == 'b' ? Where.Begun : where, isGuarded, depth + 1, ref left));
        }

        // Nobody tells when a lock of the thread is let go, so of a task that is started under one only who waits for it decides what guards it.
        kind = kind == 'f' && isGuarded ? 'd' : kind;
        bool isForgotten = kind is 'f' or 'd';
        return new AsyncStep(
            kind, 0, Steps(random, isForgotten ? [] : held, isForgotten ? Where.Flow : Where.Task, kind != 'd' && (isGuarded || where == Where.Thread), depth + 1, ref left));
    }

    private static int Free(Random random, int[] held)
    {
        int number = random.Next(MostLocks);
        return held.Contains(number) ? random.Next(MostLocks) : number;
    }

    private static AsyncStep[] ParseSteps(string text, ref int at)
    {
        var steps = new List<AsyncStep>();
        while (at < text.Length && text[at] != ')')
        {
            char kind = text[at++];
            if (kind == ' ')
            {
                continue;
            }

            int number = kind is 'A' or 'L' ? text[at++] - '0' : 0;
            AsyncStep[] inside = [];
            if (at < text.Length && text[at] == '(')
            {
                at++;
                inside = ParseSteps(text, ref at);
                at++;
            }

            steps.Add(new AsyncStep(kind, number, inside));
        }

        return [.. steps];
    }
}
