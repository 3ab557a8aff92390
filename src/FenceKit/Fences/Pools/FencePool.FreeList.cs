// SPDX-License-Identifier: MIT
namespace FenceKit;

// The free slots: a stack of indices under one word. The tag in the word changes with every push and pop, so a thread that looked at
// the top, slept, and finds the same top again notices that it is another time (ABA).
public sealed partial class FencePool
{
    private ulong _head; // see FreeListHead
    private int[] _next = [];

    private void FillFreeList()
    {
        _next = new int[_slots.Length];
        for (int index = 0; index < _next.Length; index++)
        {
            _next[index] = index + 2; // the slot after this one: links count from 1; 0 ends the list
        }

        _next[^1] = 0;
        _head = FreeListHead.Make(tag: 0, count: _slots.Length, top: 1);
    }

    private bool TryPop(out int index)
    {
        ulong head = Volatile.Read(ref _head);
        while (true)
        {
            int top = FreeListHead.TopOf(head);
            if (top == 0)
            {
                index = -1;
                return false;
            }

            // May be stale if another thread took the slot meanwhile; then the tag has moved and the CAS fails.
            // The acquire read of the head pairs with the CAS in Push, which publishes this link.
            int next = Volatile.Read(ref _next[top - 1]);
            ulong popped = FreeListHead.Make(FreeListHead.TagOf(head) + 1, FreeListHead.CountOf(head) - 1, next);
            ulong seen = Interlocked.CompareExchange(ref _head, popped, head);
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
        ulong head = Volatile.Read(ref _head);
        while (true)
        {
            Volatile.Write(ref _next[index], FreeListHead.TopOf(head));
            ulong pushed = FreeListHead.Make(FreeListHead.TagOf(head) + 1, FreeListHead.CountOf(head) + 1, index + 1);
            ulong seen = Interlocked.CompareExchange(ref _head, pushed, head);
            if (seen == head)
            {
                return;
            }

            head = seen;
        }
    }

    /// <summary>The head word: a tag of 24 bits, the number of free slots, and the top of the stack (0 when empty).</summary>
    private static class FreeListHead
    {
        internal const int IndexBits = 20;
        private const ulong IndexMask = (1UL << IndexBits) - 1;
        private const int TagShift = 2 * IndexBits;

        internal static ulong Make(ulong tag, int count, int top) => (tag << TagShift) | ((ulong)count << IndexBits) | (uint)top;

        internal static ulong TagOf(ulong head) => head >> TagShift;

        internal static int CountOf(ulong head) => (int)((head >> IndexBits) & IndexMask);

        internal static int TopOf(ulong head) => (int)(head & IndexMask);
    }
}
