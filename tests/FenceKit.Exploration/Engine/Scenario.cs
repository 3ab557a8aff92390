using FenceKit.Lockdep;

namespace FenceKit.Exploration;

/// <summary>What an exploration runs again and again: fresh state, two or three bodies that share it, and what must hold.</summary>
public abstract class Scenario(string name)
{
    public string Name { get; } = name;

    public abstract IReadOnlyList<string> ThreadNames { get; }

    public abstract object CreateState();

    public abstract void RunBody(int thread, object state);

    /// <summary>Evaluated between any two steps, outside the instrumentation.</summary>
    public abstract void CheckAlways(object state);

    /// <summary>Evaluated when every body has returned.</summary>
    public abstract void CheckAtEnd(object state);

    /// <param name="name">Printed with a failure.</param>
    /// <param name="create">Set-up: runs before each interleaving, not instrumented.</param>
    public static Scenario<TState> Of<TState>(string name, Func<TState> create)
        where TState : class => new(name, create);
}

/// <summary>A scenario put together from delegates.</summary>
public sealed class Scenario<TState>(string name, Func<TState> create) : Scenario(name)
    where TState : class
{
    private readonly List<string> _names = [];
    private readonly List<Action<TState>> _bodies = [];
    private Action<TState>? _always;
    private Action<TState>? _atEnd;
    private string? _contractBroken;

    public override IReadOnlyList<string> ThreadNames => _names;

    public Scenario<TState> Thread(string name, Action<TState> body)
    {
        _names.Add(name);
        _bodies.Add(body);
        return this;
    }

    /// <summary>A thread that runs what the others queue to the thread pool, until they are done.</summary>
    public Scenario<TState> PoolThread() => Thread("thread pool", _ => ThreadPoolTwin.RunUntilOthersFinish());

    /// <summary>What the bodies do breaks the contract, on purpose; where it is checked, nothing of this scenario is reported.</summary>
    public Scenario<TState> BreakingTheContract(string why)
    {
        _contractBroken = why;
        return this;
    }

    public Scenario<TState> Always(Action<TState> check)
    {
        _always += check;
        return this;
    }

    public Scenario<TState> AtEnd(Action<TState> check)
    {
        _atEnd += check;
        return this;
    }

    public override object CreateState()
    {
        using LockSectionScope asked = ContractChecking.AskedFor(_contractBroken);
        return create();
    }

    public override void RunBody(int thread, object state)
    {
        using LockSectionScope asked = ContractChecking.AskedFor(_contractBroken);
        _bodies[thread]((TState)state);
    }

    public override void CheckAlways(object state) => _always?.Invoke((TState)state);

    public override void CheckAtEnd(object state)
    {
        using LockSectionScope asked = ContractChecking.AskedFor(_contractBroken);
        _atEnd?.Invoke((TState)state);
    }
}
