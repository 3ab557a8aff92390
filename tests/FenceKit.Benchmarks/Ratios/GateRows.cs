// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FenceKit.Samples.MappedStore.Access;
using FenceKit.Samples.MappedStore.Store;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>Readers on the CPU: what it costs that the memory cannot go away under them.</summary>
internal static class GateRows
{
    private const int Lookups = 1024; // in one call of a store, as a query does
    private const int HotKeys = 128;  // 1 KB of each segment: what is compared is the protection, not the caches

    internal static IEnumerable<RatioRow> All()
    {
        // Not disposed: what is measured lives as long as the process.
        DataFile file = DataFile.Open(megabytes: 16);
        Store<GateStore> gate = new(new GateStore(file), file.Segments);
        Store<NakedStore> naked = new(new NakedStore(file), file.Segments);
        Store<AccessorStore> accessor = new(new AccessorStore(file), file.Segments);
        ReaderGate entered = new(new InvalidationNotifier("ratios"), AddressRange.All, "readers");
        return
        [
            new("gate.enter", count => EnterAsReader(entered, count), Counted, 0.25, "ReaderGate: enter + leave in a loop", "SafeHandle: DangerousAddRef + DangerousRelease"),
            new("gate.enter.lookup", count => Enter(entered, count), Counted, 0.75, "the same, asking each time which thread this is", "SafeHandle: DangerousAddRef + DangerousRelease"),
            new("gate.read", gate.Read, accessor.Read, 0.2, $"{Lookups} lookups in MappedStore under the gate", "the same through MemoryMappedViewAccessor")
            {
                Floor = naked.Read, FloorText = "raw pointers without any protection",
            },
        ];
    }

    private static void Enter(ReaderGate gate, int count)
    {
        for (int i = 0; i < count; i++)
        {
            using (gate.Enter())
            {
            }
        }
    }

    private static void EnterAsReader(ReaderGate gate, int count)
    {
        GateReader reader = gate.GetReader();
        for (int i = 0; i < count; i++)
        {
            using (reader.Enter())
            {
            }
        }
    }

    private static void Counted(int count)
    {
        using Counter handle = new();
        for (int i = 0; i < count; i++)
        {
            bool added = false;
            try
            {
                handle.DangerousAddRef(ref added);
            }
            finally
            {
                if (added)
                {
                    handle.DangerousRelease();
                }
            }
        }
    }

    private sealed class Store<TStore>
        where TStore : struct, IStore
    {
        private readonly TStore _store;
        private readonly Lookup[] _lookups = new Lookup[Lookups];
        private readonly ulong[] _values = new ulong[Lookups];

        internal Store(TStore store, int segments)
        {
            _store = store;
            Random random = new(1);
            for (int index = 0; index < Lookups; index++)
            {
                _lookups[index] = new Lookup(random.Next(segments), random.Next(HotKeys));
            }
        }

        internal void Read(int count)
        {
            for (int i = 0; i < count; i++)
            {
                ReadAll();
            }
        }

        // Not into the loop above, whose variables would take the registers of the one that is measured.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void ReadAll() => _store.Read(_lookups, _values);
    }

    private sealed class Counter() : SafeHandle(invalidHandleValue: 0, ownsHandle: true)
    {
        public override bool IsInvalid => false;

        protected override bool ReleaseHandle() => true;
    }
}
