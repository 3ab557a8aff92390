namespace FenceKit.Exploration;

/// <summary>
/// The store buffer of one logical thread under <see cref="MemoryModel.TotalStoreOrder"/>: writes that others cannot see yet, oldest first.
/// While the thread runs, its writes stand in memory, so that it sees them itself, plain reads included; they are taken out again before
/// anybody else runs. Values are kept here; where they go is kept on the thread's own stack (see StoreLocationsOnStack).
/// </summary>
internal sealed partial class StoreQueue
{
    public const int Capacity = 4;

    private readonly Store[] _stores = new Store[Capacity];
    private bool _isInMemory;

    public int Count { get; private set; }

    public bool IsFull => Count == Capacity;

    /// <summary>Name of the oldest write, for the trace.</summary>
    public string OldestName => _stores[0].Name;

    public void Clear()
    {
        Count = 0;
        _isInMemory = false;
    }

    /// <summary>The owner is about to run.</summary>
    public void PutIntoMemory()
    {
        _isInMemory = true;
        for (int i = 0; i < Count; i++)
        {
            Exchange(i);
        }
    }

    /// <summary>Somebody else may run next. Youngest first, for two writes may go to one place.</summary>
    public void TakeOutOfMemory()
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            Exchange(i);
        }

        _isInMemory = false;
    }

    /// <summary>Leaving a lock is a write like any other, only that its place is the model of the lock.</summary>
    public void AddRelease(MutexModel mutex, string name)
    {
        _stores[Count] = new Store { Name = name, Released = mutex };
        SetLocation(Count, default);
        Count++;
    }

    public void FlushOldest()
    {
        _stores[0].Released?.ShowReleased();
        if (!_isInMemory)
        {
            Exchange(0);
        }

        Count--;
        Array.Copy(_stores, 1, _stores, 0, Count);
        RemoveOldestLocation();
    }

    /// <summary>One of the two values of a place: the other one is in memory.</summary>
    private struct Store
    {
        public string Name;
        public MutexModel? Released;
        public ulong Bits;
        public object? Reference;
        public bool IsReference;
    }
}
