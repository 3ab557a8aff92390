using System.Numerics;

namespace FenceKit.Exploration;

internal sealed partial class ExplorationRun
{
    /// <summary>Everybody who was chosen in this execution, in order: the schedule itself.</summary>
    private byte[] _chosen = new byte[256];

    private int _position;
    private int _delayedWrites;

    /// <summary>Called by the running thread in front of its next operation: returns when it is that thread's turn.</summary>
    public void Reschedule(LogicalThread self)
    {
        ThrowIfAborting();
        self.Stores.TakeOutOfMemory();
        int actor = Choose(self);
        if (actor >= 0 && actor != self.Index)
        {
            _threads[actor].Baton.Give();
            self.Baton.Take();
        }

        ThrowIfAborting();
        self.Stores.PutIntoMemory();
    }

    /// <summary>Whether the write that the running thread is about to make stays in its store buffer for a while.</summary>
    public bool DelaysWrite(LogicalThread self)
    {
        if (!HasStoreBuffers || self.Stores.Count > 0)
        {
            return HasStoreBuffers;
        }

        bool isSeen = Array.Exists(_threads, thread => thread != self && !thread.IsFinished);
        if (!isSeen || _delayedWrites == _options.DelayedWrites)
        {
            return false;
        }

        int delay = self.Index + (2 * _threads.Length);
        uint options = (1u << self.Index) | (1u << delay);
        int actor = _schedule.Choose(new ChoicePoint(_position, options, self.Index, CurrentMayGoOn: false, _threads.Length));
        Record(actor);
        _delayedWrites += actor == delay ? 1 : 0;
        return actor == delay;
    }

    /// <summary>Called by a thread whose body has returned.</summary>
    public void Finish(LogicalThread self)
    {
        self.Stores.TakeOutOfMemory();
        if (!IsAborting && Array.Exists(_threads, thread => !thread.IsFinished))
        {
            HandOn(self);
        }
        else if (IsAborting)
        {
            UnwindNext();
        }
        else
        {
            EndExecution();
        }
    }

    private void HandOn(LogicalThread? from)
    {
        int actor = Choose(from);
        if (actor >= 0)
        {
            _threads[actor].Baton.Give();
        }
        else
        {
            UnwindNext();
        }
    }

    /// <summary>The next thread to run, or -1 when that choice failed.</summary>
    private int Choose(LogicalThread? current)
    {
        uint justFlushed = 0;
        while (true)
        {
            if (!CheckInvariants() || !CheckSteps())
            {
                return -1;
            }

            uint options = Options(justFlushed);
            if (options == 0 && LetTimePass())
            {
                continue;
            }

            if (options == 0)
            {
                Fail(DescribeDeadlock(), null);
                return -1;
            }

            bool currentMayGoOn = current is { CanRun: true, IsSpinning: false };
            var point = new ChoicePoint(_position, options, current?.Index ?? -1, currentMayGoOn, _threads.Length);
            int actor = BitOperations.IsPow2(options) && !currentMayGoOn ? BitOperations.Log2(options) : _schedule.Choose(point);
            Record(actor);
            if (actor < _threads.Length)
            {
                return actor;
            }

            Flush(_threads[actor - _threads.Length]);
            justFlushed |= 1u << (actor - _threads.Length);
        }
    }

    /// <summary>Ends the first wait that has a time limit.</summary>
    private bool LetTimePass()
    {
        foreach (LogicalThread thread in _threads)
        {
            if (!thread.IsFinished && thread.Obstacle is IImpatient { CanGiveUp: true } impatient)
            {
                impatient.GiveUp();
                return true;
            }
        }

        return false;
    }

    private uint Options(uint justFlushed)
    {
        uint threads = 0;
        uint unfinished = 0;
        uint flushes = 0;
        for (int i = 0; i < _threads.Length; i++)
        {
            LogicalThread thread = _threads[i];
            threads |= thread.CanRun ? 1u << i : 0;
            unfinished |= thread.IsFinished ? 0 : 1u << i;
            flushes |= thread.Stores.Count > 0 ? 1u << i : 0;
        }

        if (flushes == 0)
        {
            return threads;
        }

        // A flush and the writer's own next step commute, so a flush is offered only where somebody else may look at it.
        uint visible = 0;
        for (int i = 0; i < _threads.Length; i++)
        {
            bool isSeen = (flushes & (1u << i)) != 0 && (unfinished & ~(1u << i)) != 0;
            visible |= isSeen ? 1u << (i + _threads.Length) : 0;
        }

        uint others = threads & ~justFlushed;
        return (others == 0 ? threads : others) | visible;
    }

    private void Flush(LogicalThread writer)
    {
        if (Trace is not null)
        {
            writer.Note($"~ the write of {writer.Stores.OldestName} becomes visible");
        }

        writer.FlushOldestStore();
    }

    private void Record(int actor)
    {
        if (_position == _chosen.Length)
        {
            Array.Resize(ref _chosen, 2 * _chosen.Length);
        }

        _chosen[_position++] = (byte)actor;
        _totalSteps++;
    }

    private ulong HashOfSchedule()
    {
        ulong hash = 14695981039346656037;
        foreach (byte actor in _chosen.AsSpan(0, _position))
        {
            hash = (hash ^ actor) * 1099511628211;
        }

        return hash;
    }
}
