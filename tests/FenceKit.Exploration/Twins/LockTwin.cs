using System.Runtime.CompilerServices;
using Real = System.Threading.Lock;

namespace FenceKit.Exploration;

/// <summary>
/// Stands in for <see cref="Real"/>. The lock statement would take a monitor on this object instead, so shipped code that is explored
/// calls Enter and Exit itself. A timed attempt waits as long as it takes: time does not pass in an exploration.
/// </summary>
internal sealed class LockTwin
{
    private readonly Real _real = new();
    private readonly MutexModel _model = new("lock");

    public bool IsHeldByCurrentThread =>
        LogicalThread.Current is { } thread ? _model.IsHeldBy(thread) : _real.IsHeldByCurrentThread;

    public void Enter([CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            _real.Enter();
            return;
        }

        _model.Enter(thread);
        Note(thread, member, "enters", true);
    }

    public bool TryEnter([CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            return _real.TryEnter();
        }

        bool isEntered = _model.TryEnter(thread);
        Note(thread, member, "tries to enter", isEntered);
        return isEntered;
    }

    public bool TryEnter(TimeSpan timeout, [CallerMemberName] string member = "")
    {
        if (LogicalThread.Current is null)
        {
            return _real.TryEnter(timeout);
        }

        if (timeout == TimeSpan.Zero)
        {
            return TryEnter(member);
        }

        Enter(member);
        return true;
    }

    public bool TryEnter(int millisecondsTimeout, [CallerMemberName] string member = "") =>
        TryEnter(TimeSpan.FromMilliseconds(millisecondsTimeout), member);

    public void Exit([CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            _real.Exit();
            return;
        }

        _model.Exit(thread);
        Note(thread, member, "leaves", true);
    }

    public Scope EnterScope([CallerMemberName] string member = "")
    {
        Enter(member);
        return new Scope(this);
    }

    private void Note(LogicalThread thread, string member, string what, bool succeeded)
    {
        if (thread.IsTraced)
        {
            Operation.Note(thread, member, $"{what} {thread.Run.Trace!.Describe(this)}{(succeeded ? string.Empty : " in vain")}");
        }
    }

    public readonly ref struct Scope(LockTwin held)
    {
        public void Dispose() => held.Exit();
    }
}
