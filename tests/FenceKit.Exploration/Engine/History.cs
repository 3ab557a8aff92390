namespace FenceKit.Exploration;

/// <summary>
/// What the threads of one execution called and were told. It is linearizable when some order of the calls, in which a call that
/// returned before another one began also comes before it, gives the same answers by a naive model.
/// </summary>
public sealed class History<TModel>(Func<TModel> create)
{
    private readonly List<Call> _calls = [];

    /// <summary>Makes a call for real, and remembers it for the model.</summary>
    /// <param name="name">For the failure's text.</param>
    /// <param name="real">The call.</param>
    /// <param name="model">The same call on the naive model.</param>
    public TAnswer Ask<TAnswer>(string name, Func<TAnswer> real, Func<TModel, TAnswer> model)
    {
        LogicalThread thread = LogicalThread.Current ?? throw new InvalidOperationException("Only a body of a scenario has a history.");
        thread.BeginCall();
        TAnswer answer = real();
        LogicalThread.CallSpan span = thread.EndCall();
        thread.Note($"=> {name}: {answer}");
        _calls.Add(new Call($"{thread.Name}: {name} = {answer}", span, state => Equals(model(state), answer)));
        return answer;
    }

    public void AssertLinearizable()
    {
        if (!CanOrder([], new bool[_calls.Count]))
        {
            Assert.Fail("no order of these calls gives these answers: " + string.Join("; ", _calls.Select(call => call.Text)));
        }
    }

    private bool CanOrder(List<Call> ordered, bool[] isOrdered)
    {
        if (!AnswersFit(ordered))
        {
            return false;
        }

        if (ordered.Count == _calls.Count)
        {
            return true;
        }

        for (int i = 0; i < _calls.Count; i++)
        {
            if (isOrdered[i] || !MayComeNext(_calls[i], isOrdered))
            {
                continue;
            }

            isOrdered[i] = true;
            ordered.Add(_calls[i]);
            if (CanOrder(ordered, isOrdered))
            {
                return true;
            }

            ordered.RemoveAt(ordered.Count - 1);
            isOrdered[i] = false;
        }

        return false;
    }

    private bool MayComeNext(Call candidate, bool[] isOrdered)
    {
        for (int i = 0; i < _calls.Count; i++)
        {
            if (!isOrdered[i] && _calls[i].Span.End < candidate.Span.Begin)
            {
                return false;
            }
        }

        return true;
    }

    private bool AnswersFit(List<Call> ordered)
    {
        TModel model = create();
        return ordered.TrueForAll(call => call.Fits(model));
    }

    private sealed record Call(string Text, LogicalThread.CallSpan Span, Func<TModel, bool> Fits);
}
