namespace FenceKit.Exploration;

/// <summary>
/// The store buffer of one logical thread under <see cref="MemoryModel.TotalStoreOrder"/>: writes that others cannot see yet, oldest first.
/// Values are kept here; where they go is kept on the thread's own stack (see StoreLocationsOnStack).
/// </summary>
internal sealed partial class StoreQueue
{
    public const int Capacity = 4;

    private readonly Store[] _stores = new Store[Capacity];

    public int Count { get; private set; }

    public bool IsFull => Count == Capacity;

    public void Clear() => Count = 0;

    /// <summary>Name of the oldest write, for the trace.</summary>
    public string OldestName => _stores[0].Name;

    /// <summary>Leaving a lock is a write like any other, only that its place is the model of the lock.</summary>
    public void AddRelease(MutexModel mutex, string name)
    {
        _stores[Count] = new Store { Name = name, Released = mutex };
        SetLocation(Count, default);
        Count++;
    }

    private void RemoveOldest()
    {
        Count--;
        Array.Copy(_stores, 1, _stores, 0, Count);
    }

    private struct Store
    {
        public string Name;
        public MutexModel? Released;
        public ulong Bits;
        public object? Reference;
        public bool IsReference;
    }
}
