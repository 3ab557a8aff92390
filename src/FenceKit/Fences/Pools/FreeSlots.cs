// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.InteropServices;

namespace FenceKit;

/// <summary>
/// The free slots of a pool: a place for one slot near each processor, and behind them a stack that all share. Threads that rent and signal side by
/// side do so at their own place, and do not meet. Lock-free; nothing is allocated after the constructor.
/// </summary>
/// <remarks>
/// A slot is free in exactly one place: near a processor, or in the stack. Taking goes from the own place to the stack and then to the places of the
/// others, so what is free is found wherever it is. That there is none is said only when it was true at one moment, see <see cref="TryTakeFar"/>.
/// <code>
/// word of a place      32 bits: how often a slot was put here   32 bits: the slot, counted from 1; 0 for none
/// head of the stack    24 bits: changes with each push and pop  20 bits: how many  20 bits: the top, counted from 1; 0 for none
/// </code>
/// Both numbers tell one state from a later one that looks the same (ABA): a thread that looked, slept, and finds the same slot again notices that
/// it is another time.
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
    private Place _head;              // its own cache lines: it is written where threads meet

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

    /// <summary>One word alone in its cache lines: two, since processors fetch them in pairs.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Place
    {
        [FieldOffset(64)]
        internal ulong Word;
    }

    /// <summary>How many are free; while others take and put, about how many.</summary>
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
    /// Looks everywhere, until something was found or everything was empty at one moment. Two looks in a row that find the stack and all places
    /// empty, and as many puts, are such a moment: whatever was put anywhere between them would show in the number of puts, or in the head.
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

    /// <summary>One try at the own place; pairs with the exchange in <see cref="Put"/>.</summary>
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

            // May be stale if another thread took the slot meanwhile; then the tag has moved and the CAS fails.
            // The acquire read of the head pairs with the CAS in Push, which publishes this link.
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
