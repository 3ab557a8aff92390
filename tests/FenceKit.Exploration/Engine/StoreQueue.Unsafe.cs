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

    public unsafe void Add<T>(ref T location, T value, string name)
    {
        ref Store store = ref _stores[Count];
        store.Name = name;
        store.Released = null;
        store.IsReference = !typeof(T).IsValueType;
        if (store.IsReference)
        {
            store.Reference = value;
        }
        else
        {
            Unsafe.As<ulong, T>(ref store.Bits) = value;
        }

        SetLocation(Count, MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref location), Unsafe.SizeOf<T>()));
        Count++;
    }

    /// <summary>A thread reads its own youngest write, even while nobody else can.</summary>
    public unsafe bool TryForward<T>(ref readonly T location, out T value)
    {
        ref byte wanted = ref Unsafe.As<T, byte>(ref Unsafe.AsRef(in location));
        for (int i = Count - 1; i >= 0; i--)
        {
            if (Unsafe.AreSame(ref wanted, ref MemoryMarshal.GetReference((*_locations)[i])))
            {
                ref Store store = ref _stores[i];
                value = store.IsReference ? Unsafe.As<object?, T>(ref store.Reference) : Unsafe.As<ulong, T>(ref store.Bits);
                return true;
            }
        }

        value = default!;
        return false;
    }

    private unsafe void SetLocation(int index, Span<byte> location) => (*_locations)[index] = location;

    public unsafe void FlushOldest()
    {
        ref Store store = ref _stores[0];
        Span<byte> location = (*_locations)[0];
        if (store.Released is not null)
        {
            store.Released.ShowReleased();
        }
        else if (store.IsReference)
        {
            Unsafe.As<byte, object?>(ref MemoryMarshal.GetReference(location)) = store.Reference;
        }
        else
        {
            MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref store.Bits))[..location.Length].CopyTo(location);
        }

        RemoveOldest();
        for (int i = 0; i < Count; i++)
        {
            (*_locations)[i] = (*_locations)[i + 1];
        }
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
