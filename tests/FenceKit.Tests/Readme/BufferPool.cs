// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace FenceKit.Tests.Readme;

/// <summary>The owner of memory in docs/invalidation.md, around the method that is printed there.</summary>
public sealed class BufferPool(InvalidationNotifier notifier, BufferPool.PageTable table)
{
    private readonly InvalidationNotifier _notifier = notifier;
    private readonly PageTable _table = table;

    // snippet: OwnerQuickStart
    public bool TryEvict(AddressRange pages, TimeSpan budget)
    {
        if (!_notifier.TrySchedule(pages, InvalidationReason.Discard, out InvalidationSession session))  // A: tell everybody
            return false;                                                // somebody would have had to block: take other pages
        using (session)
        {
            _table.Park(pages);                                          // B: meanwhile; new readers wait from here on
            if (session.Wait(budget) != InvalidationOutcome.Completed)   // C: one budget for all fences
            {
                _table.Restore(pages);                                   // nothing is lost: leaving the scope backs off
                return false;
            }

            _table.Free(pages);                                          // nobody uses them any more
            session.Commit();                                            // and new users may come
            return true;
        }
    }
    // endsnippet

    /// <summary>Keeps a diary of what happened to the pages.</summary>
    public sealed class PageTable
    {
        public ConcurrentQueue<string> Diary { get; } = [];

        /// <summary>What happens in phase B besides.</summary>
        public Action? Parked { get; set; }

        internal void Park(AddressRange pages)
        {
            Diary.Enqueue($"park {pages}");
            Parked?.Invoke();
        }

        internal void Restore(AddressRange pages) => Diary.Enqueue($"restore {pages}");

        internal void Free(AddressRange pages) => Diary.Enqueue($"free {pages}");
    }
}
