// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Oracle;

/// <summary>
/// Walks every state that any number of flows can reach, and says whether in one of them all that hold something hang. Knows nothing of graphs nor of held
/// lists: a program is a list of instructions, an activity is a place in one, and a flow is a pile of activities of which each waits for the one above. A
/// forgotten task is a flow of its own that may begin at any time, and so is a call that is not awaited, but that its caller also does what it does before its first await. A flow that holds nothing is idle, so a program begins with the lock that it lets go last.
/// </summary>
internal sealed class AsyncExplorer
{
    private readonly List<Instruction[]> _programs = [];
    private readonly List<int> _starts = [];
    private readonly HashSet<string> _seen = [];
    private readonly Stack<Activity[][]> _open = [];

    private enum Action
    {
        Take,
        LetGo,
        Begin,
    }

    private readonly record struct Instruction(Action Action, int Operand);

    private readonly record struct Activity(int Program, int Next);

    public AsyncExplorer(AsyncScenario scenario)
    {
        foreach (AsyncStep[] flow in scenario.Flows)
        {
            AddStarts(flow);
        }
    }

    public bool CanHang()
    {
        Visit([]);
        while (_open.TryPop(out Activity[][]? state))
        {
            bool moves = false;
            for (int i = 0; i < state.Length; i++)
            {
                if (Advance(state, i) is { } next)
                {
                    moves = true;
                    Visit(next);
                }
            }

            if (!moves && state.Length > 0)
            {
                return true;
            }

            foreach (int start in _starts)
            {
                if (IsFree(state, _programs[start][0].Operand))
                {
                    Visit([.. state, [new Activity(start, 1)]]);
                }
            }
        }

        return false;
    }

    private void AddStarts(AsyncStep[] steps)
    {
        foreach (AsyncStep step in steps)
        {
            if (step.IsLock)
            {
                _starts.Add(Compile([step]));
            }
            else
            {
                AddStarts(step.Inside);
            }
        }
    }

    private int Compile(AsyncStep[] steps)
    {
        var program = new List<Instruction>();
        Compile(steps, program);
        _programs.Add([.. program]);
        return _programs.Count - 1;
    }

    private void Compile(AsyncStep[] steps, List<Instruction> program)
    {
        foreach (AsyncStep step in steps)
        {
            if (step.IsLock)
            {
                program.Add(new Instruction(Action.Take, step.Lock));
                Compile(step.Inside, program);
                program.Add(new Instruction(Action.LetGo, step.Lock));
            }
            else if (step.Kind is 'c' or 'l')
            {
                Compile(step.Inside, program);
            }
            else if (step.IsForgotten)
            {
                AddStarts(step.Inside);
            }
            else if (step.Kind == 'b')
            {
                AddStarts(step.Inside);
                CompileBeginning(step.Inside, program);
            }
            else if (step.Kind != 'h')
            {
                program.Add(new Instruction(Action.Begin, Compile(step.Inside)));
            }
        }
    }

    // False when an await was met.
    private static bool CompileBeginning(AsyncStep[] steps, List<Instruction> program)
    {
        foreach (AsyncStep step in steps)
        {
            if (step.Kind == 'h')
            {
                return false;
            }

            bool goesOn = true;
            if (step.IsLock)
            {
                program.Add(new Instruction(Action.Take, step.Lock));
                goesOn = CompileBeginning(step.Inside, program);
                program.Add(new Instruction(Action.LetGo, step.Lock));
            }
            else
            {
                CompileBeginning(step.Inside, program); // a call goes on with another thread at its end
                goesOn = false;
            }

            if (!goesOn)
            {
                return false;
            }
        }

        return true;
    }

    private void Visit(Activity[][] state)
    {
        string[] keys = Array.ConvertAll(state, static flow => string.Join(',', flow.Select(static activity => $"{activity.Program}:{activity.Next}")));
        Array.Sort(keys, state, StringComparer.Ordinal);
        if (_seen.Add(string.Join('/', keys)))
        {
            _open.Push(state);
        }
    }

    private Activity[][]? Advance(Activity[][] state, int index)
    {
        Activity[] flow = state[index];
        Activity top = flow[^1];
        if (top.Next == _programs[top.Program].Length)
        {
            return With(state, index, flow[..^1]); // whoever waits for it goes on
        }

        Instruction instruction = _programs[top.Program][top.Next];
        if (instruction.Action == Action.Take && !IsFree(state, instruction.Operand))
        {
            return null;
        }

        Activity[] moved = [.. flow[..^1], top with { Next = top.Next + 1 }];
        if (moved.Length == 1 && top.Next + 1 == _programs[top.Program].Length)
        {
            return With(state, index, []); // it has let its first lock go
        }

        return With(state, index, instruction.Action == Action.Begin ? [.. moved, new Activity(instruction.Operand, 0)] : moved);
    }

    private static Activity[][] With(Activity[][] state, int index, Activity[] flow)
        => flow.Length == 0 ? [.. state[..index], .. state[(index + 1)..]] : [.. state[..index], flow, .. state[(index + 1)..]];

    private bool IsFree(Activity[][] state, int number)
    {
        foreach (Activity[] flow in state)
        {
            foreach (Activity activity in flow)
            {
                int holds = 0;
                for (int i = 0; i < activity.Next; i++)
                {
                    Instruction done = _programs[activity.Program][i];
                    holds += done.Operand != number ? 0 : done.Action == Action.Take ? 1 : done.Action == Action.LetGo ? -1 : 0;
                }

                if (holds > 0)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
