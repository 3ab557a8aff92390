// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.InteropServices;

namespace FenceKit;

/// <summary>
/// The free slots of a pool: a cache of one slot for each processor, and a shared stack behind them. Threads on different processors rent and
/// return at different caches, so they rarely contend. Lock-free; allocates only in the constructor.
/// </summary>
/// <remarks>
/// A free slot is either in one cache or in the stack. Taking tries the own cache, then the stack, then the caches of other processors, so
/// that a free slot is found wherever it is. The answer that there is none was true at one moment; see <see cref="TryTakeFar"/>.
/// <code>
/// word of a cache      32 bits: number of puts to this cache    32 bits: the slot, counted from 1; 0 for none
/// head of the stack    24 bits: changes with each push and pop  20 bits: length    20 bits: the top, counted from 1; 0 for none
/// </code>
/// Both counters prevent the ABA problem: a thread that was preempted and finds the same slot again notices that the word has changed in
/// between.
/// </remarks>
internal sealed class FreeSlots
{
    internal const int MaxCount = (1 << IndexBits) - 1;

    private const int IndexBits = 20;
    private const ulong IndexMask = (1UL << IndexBits) - 1;
    private const int TagShift = 2 * IndexBits;
    private const ulong NoSlot = 0xffff_ffff_0000_0000;
    private const ulong PutOnce = 1UL << 32;

    private readonly Place[] _places; // a power of two
    private readonly int[] _next;     // links of the stack, counted from 1; 0 ends it
    private Place _head;              // contended, so it has its own cache lines

    internal FreeSlots(int count)
    {
        _places = new Place[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(count, CurrentProcessor.Count))];
        _next = new int[count];
        for (int index = 0; index < count; index++)
        {
            _next[index] = index + 2;
        }

        _next[^1] = 0;
        _head.Word = MakeHead(tag: 0, count, top: 1);
    }

    /// <summary>A word that is alone in two adjacent cache lines, since processors prefetch lines in pairs.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Place
    {
        [FieldOffset(64)]
        internal ulong Word;
    }

    /// <summary>The number of free slots; approximate while other threads take and put.</summary>
    internal int Count
    {
        get
        {
            int count = CountOf(Volatile.Read(ref _head.Word));
            foreach (ref Place place in _places.AsSpan())
            {
                count += (Volatile.Read(ref place.Word) & ~NoSlot) == 0 ? 0 : 1;
            }

            return Math.Min(count, _next.Length);
        }
    }

    internal bool TryTake(out int index) => TryTakeFrom(ref Mine, out index) || TryPop(out index) || TryTakeFar(out index);

    internal void Put(int index)
    {
        ref ulong mine = ref Mine;
        ulong word = Volatile.Read(ref mine);
        if ((word & ~NoSlot) != 0
            || Interlocked.CompareExchange(ref mine, ((word & NoSlot) + PutOnce) | (uint)(index + 1), word) != word)
        {
            Push(index);
        }
    }

    private ref ulong Mine => ref _places[CurrentProcessor.Number & (_places.Length - 1)].Word;

    /// <summary>
    /// Searches the caches of all processors and the stack. Returns false only if all of them were empty at one moment. This holds if two
    /// passes in a row find everything empty with the same number of puts and the same head: a slot that was put in between would have
    /// changed one of these.
    /// </summary>
    private bool TryTakeFar(out int index)
    {
        (ulong Puts, ulong Head) before = (ulong.MaxValue, 0);
        while (true)
        {
            (ulong Puts, ulong Head) now = (0, Volatile.Read(ref _head.Word));
            foreach (ref Place place in _places.AsSpan())
            {
                ulong word = Volatile.Read(ref place.Word);
                while ((word & ~NoSlot) != 0)
                {
                    ulong seen = Interlocked.CompareExchange(ref place.Word, word & NoSlot, word);
                    if (seen == word)
                    {
                        index = (int)(word & ~NoSlot) - 1;
                        return true;
                    }

                    word = seen;
                }

                now.Puts += word >> 32;
            }

            if (TryPop(out index))
            {
                return true;
            }

            if (now == before)
            {
                return false;
            }

            before = now;
        }
    }

    /// <summary>Tries once to take from a cache; pairs with the exchange in <see cref="Put"/>.</summary>
    private static bool TryTakeFrom(ref ulong place, out int index)
    {
        ulong word = Volatile.Read(ref place);
        index = (int)(word & ~NoSlot) - 1;
        return index >= 0 && Interlocked.CompareExchange(ref place, word & NoSlot, word) == word;
    }

    private bool TryPop(out int index)
    {
        ulong head = Volatile.Read(ref _head.Word);
        while (true)
        {
            int top = TopOf(head);
            if (top == 0)
            {
                index = -1;
                return false;
            }

            // May be stale if another thread has taken the slot in the meantime; then the tag has changed, and the CAS fails. The acquire
            // read of the head pairs with the CAS in Push, which publishes this link.
            int next = Volatile.Read(ref _next[top - 1]);
            ulong popped = MakeHead((head >> TagShift) + 1, CountOf(head) - 1, next);
            ulong seen = Interlocked.CompareExchange(ref _head.Word, popped, head);
            if (seen == head)
            {
                index = top - 1;
                return true;
            }

            head = seen;
        }
    }

    private void Push(int index)
    {
        ulong head = Volatile.Read(ref _head.Word);
        while (true)
        {
            Volatile.Write(ref _next[index], TopOf(head));
            ulong pushed = MakeHead((head >> TagShift) + 1, CountOf(head) + 1, index + 1);
            ulong seen = Interlocked.CompareExchange(ref _head.Word, pushed, head);
            if (seen == head)
            {
                return;
            }

            head = seen;
        }
    }

    private static ulong MakeHead(ulong tag, int count, int top) => (tag << TagShift) | ((ulong)count << IndexBits) | (uint)top;

    private static int CountOf(ulong head) => (int)((head >> IndexBits) & IndexMask);

    private static int TopOf(ulong head) => (int)(head & IndexMask);
}
