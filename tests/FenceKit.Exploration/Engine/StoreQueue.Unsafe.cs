using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FenceKit.Exploration;

// A buffered write must remember a `ref` after the call that brought it has returned. The heap cannot hold a ref, but a stack can:
// the bottom frame of every logical thread owns a ref struct of spans, alive as long as the thread, which the collector scans and updates
// like any other local. Only that frame's address, which never moves, is kept as a pointer.
#pragma warning disable CS8500 // Takes the address of a managed type: it lives on a stack, and its owner outlives every use.

internal sealed partial class StoreQueue
{
    private unsafe StoreLocationsOnStack* _locations;

    public unsafe void Attach(StoreLocationsOnStack* locations) => _locations = locations;

    /// <summary>Called by the owner while it runs.</summary>
    public void Add<T>(ref T location, T value, string name)
    {
        ref Store store = ref _stores[Count];
        store = new Store { Name = name, IsReference = !typeof(T).IsValueType };
        if (store.IsReference)
        {
            store.Reference = value;
        }
        else
        {
            Unsafe.As<ulong, T>(ref store.Bits) = value;
        }

        SetLocation(Count, MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref location), Unsafe.SizeOf<T>()));
        Exchange(Count);
        Count++;
    }

    private unsafe void SetLocation(int index, Span<byte> location) => (*_locations)[index] = location;

    private unsafe void RemoveOldestLocation()
    {
        for (int i = 0; i < Count; i++)
        {
            (*_locations)[i] = (*_locations)[i + 1];
        }
    }

    private unsafe void Exchange(int index)
    {
        ref Store store = ref _stores[index];
        if (store.Released is not null)
        {
            return;
        }

        Span<byte> location = (*_locations)[index];
        if (store.IsReference)
        {
            ref object? place = ref Unsafe.As<byte, object?>(ref MemoryMarshal.GetReference(location));
            (place, store.Reference) = (store.Reference, place);
            return;
        }

        Span<byte> kept = MemoryMarshal.AsBytes(new Span<ulong>(ref store.Bits))[..location.Length];
        Span<byte> inMemory = stackalloc byte[sizeof(ulong)];
        location.CopyTo(inMemory);
        kept.CopyTo(location);
        inMemory[..location.Length].CopyTo(kept);
    }
}

internal ref struct StoreLocationsOnStack
{
    private Span<byte> _first;
    private Span<byte> _second;
    private Span<byte> _third;
    private Span<byte> _fourth;

    public Span<byte> this[int index]
    {
        readonly get => index switch { 0 => _first, 1 => _second, 2 => _third, _ => _fourth };
        set
        {
            switch (index)
            {
                case 0: _first = value; break;
                case 1: _second = value; break;
                case 2: _third = value; break;
                default: _fourth = value; break;
            }
        }
    }

    /// <summary>Runs a thread's main loop above a frame that owns its store locations.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe void RunWith(StoreQueue stores, Action mainLoop)
    {
        StoreLocationsOnStack locations = default;
        stores.Attach(&locations);
        mainLoop();
        stores.Attach(null);
    }
}
