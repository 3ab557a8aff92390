namespace FenceKit.Exploration;

internal sealed partial class LogicalThread
{
    private const long NotBegun = -1;

    private readonly List<CallSpan> _unsettled = [];
    private CallSpan? _call;

    /// <summary>A call begins with its first step, not when the thread arrives in front of it: others may go in between.</summary>
    public void BeginCall() => _call = new CallSpan { Begin = NotBegun };

    /// <summary>A call ends when it has returned and what it wrote can be seen: until then nobody can know that it is over.</summary>
    public CallSpan EndCall()
    {
        StampCall();
        CallSpan call = _call!;
        _call = null;
        _unsettled.Add(call);
        SettleCalls();
        return call;
    }

    /// <summary>Called whenever the store buffer may have become empty.</summary>
    public void SettleCalls()
    {
        if (Stores.Count > 0 || _unsettled.Count == 0)
        {
            return;
        }

        foreach (CallSpan call in _unsettled)
        {
            call.End = ++Run.Clock;
        }

        _unsettled.Clear();
    }

    private void StampCall()
    {
        if (_call is { Begin: NotBegun })
        {
            _call.Begin = ++Run.Clock;
        }
    }

    internal sealed class CallSpan
    {
        public long Begin { get; set; }

        public long End { get; set; } = long.MaxValue;
    }
}
