namespace FenceKit.Exploration;

/// <summary>
/// A few places of memory, whose contents are numbers that are never used twice, and what each subscriber has mapped of them. A mapping is
/// valid as long as it shows what the place holds now: any other one is a stale read waiting to happen, at whatever moment.
/// </summary>
internal sealed class ShadowedMemory
{
    private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
    private readonly ShadowSubscriber[] _subscribers;
    private readonly int[] _memory;
    private readonly ShadowFlaw _flaw;
    private int _busy;

    public ShadowedMemory(GeneratedScript script, ShadowFlaw flaw)
    {
        _flaw = flaw;
        _memory = new int[GeneratedScript.Places];
        Array.Fill(_memory, 1);
        _busy = script.Bodies.Count;
        _subscribers = new ShadowSubscriber[script.Subscribers.Count];
        for (int i = 0; i < _subscribers.Length; i++)
        {
            (AddressRange range, ShadowTraits traits) = script.Subscribers[i];
            ShadowFlaw own = flaw == ShadowFlaw.SkipsOneSubscriber && i > 0 ? ShadowFlaw.None : flaw;
            _subscribers[i] = new ShadowSubscriber(_notifier, range, GeneratedScript.Places, traits, own);
        }
    }

    public void Run(IEnumerable<GeneratedAction> actions)
    {
        foreach (GeneratedAction action in actions)
        {
            Run(action);
        }

        Interlocked.Decrement(ref _busy);
    }

    /// <summary>The thread of all devices.</summary>
    public void RunDevices()
    {
        while (true)
        {
            Explored.WaitUntil(() => _busy == 0 || Array.Exists(_subscribers, subscriber => subscriber.HasRequests), "a device has something to do");
            ShadowSubscriber? asked = Array.Find(_subscribers, subscriber => subscriber.HasRequests);
            if (asked is null)
            {
                return;
            }

            asked.ServeOne();
        }
    }

    public void CheckNoStaleMapping()
    {
        foreach (ShadowSubscriber subscriber in _subscribers)
        {
            for (int place = 0; place < _memory.Length; place++)
            {
                int mapped = subscriber.MappedAt(place);
                Assert.True(mapped == 0 || mapped == _memory[place], "a mapping shows memory that was given away");
            }
        }
    }

    public void CheckAtRest()
    {
        CheckNoStaleMapping();
        Assert.Equal(0, _notifier.ActiveSessions);
    }

    private void Run(GeneratedAction action)
    {
        switch (action.Kind)
        {
            case GeneratedActionKind.Map:
                _subscribers[action.Subscriber].TryMap(action.Range, _memory);
                break;
            case GeneratedActionKind.BackOff:
                Schedule(action).BackOff();
                break;
            case GeneratedActionKind.Replace:
                Replace(action, Timeout.InfiniteTimeSpan);
                break;
            case GeneratedActionKind.TryReplace:
                Replace(action, TimeSpan.Zero);
                break;
        }
    }

    private InvalidationSession Schedule(GeneratedAction action)
    {
        if (action.SecondRange.IsEmpty)
        {
            Assert.True(_notifier.TrySchedule(action.Range, InvalidationReason.Unmap, out InvalidationSession session));
            return session;
        }

        InvalidationBatch batch = _notifier.CreateBatch();
        batch.Add(action.Range);
        batch.Add(action.SecondRange);
        Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession whole));
        return whole;
    }

    private void Replace(GeneratedAction action, TimeSpan budget)
    {
        using InvalidationSession session = Schedule(action);
        if (_flaw == ShadowFlaw.CommitsBeforeWait)
        {
            GiveAway(action.Range);
        }

        if (session.Wait(budget) != InvalidationOutcome.Completed)
        {
            session.BackOff();
            return;
        }

        if (_flaw != ShadowFlaw.CommitsBeforeWait)
        {
            GiveAway(action.Range);
        }

        GiveAway(action.SecondRange);
        session.Commit();
    }

    private void GiveAway(AddressRange range)
    {
        for (int place = (int)range.Start; place < (int)range.End; place++)
        {
            Interlocked.Increment(ref _memory[place]);
        }
    }
}
