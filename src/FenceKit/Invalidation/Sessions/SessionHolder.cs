// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The thread to which a session belongs, as far as that can be known: a thread that is about to wait for its own session gets an exception
/// instead. When in doubt, the session belongs to no thread: a wrong exception is worse than an undetected wait.
/// </summary>
/// <remarks>
/// <para>A session is a value that may cross an <c>await</c>, and no thread is told when that happens. So the thread is forgotten as soon
/// as there is evidence that the session has moved:</para>
/// <code>
///   holder    synchronous   meaning                                                  next
///   none      no            free; or used by several threads; or its WaitAsync       the scheduling thread, by Set
///                           has gone on without a thread
///   thread T  yes           T is inside TrySchedule, Invalidate, a sweep or Release: not synchronous, by MayTravel; none, by Forget
///                           it cannot leave without ending the session or saying so
///   thread T  no            only T has used the session so far; see IsHere           none, by NoteUse of another thread, or Forget
/// </code>
/// <para>A thread of the pool serves other work as soon as a method has returned to it, and the session may belong to an asynchronous
/// method that has done so. So on the pool the thread alone proves nothing; the current task, or a synchronization context, is compared as
/// well.</para>
/// <para>Written by thread T, and reset by other threads. <see cref="IsHere"/> can be true on T only, and T sees its own writes.</para>
/// </remarks>
internal struct SessionHolder
{
    private Thread? _thread;
    private SynchronizationContext? _context; // set on a thread of the pool
    private int? _task;                       // set on a thread of the pool
    private bool _isSynchronous;

    /// <summary>Whether the current code would wait for itself if it waited for the end of the session.</summary>
    internal readonly bool IsHere
    {
        get
        {
            Thread? thread = _thread;
            if (thread is null || thread != Thread.CurrentThread)
            {
                return false;
            }

            return _isSynchronous
                || !thread.IsThreadPoolThread
                || ((_task is not null || _context is not null) && _task == Task.CurrentId && ReferenceEquals(_context, SynchronizationContext.Current));
        }
    }

    /// <summary>Records the current thread. Called by the scheduling thread before any other thread can find the session.</summary>
    internal void Set()
    {
        Thread thread = Thread.CurrentThread;
        if (thread.IsThreadPoolThread)
        {
            _task = Task.CurrentId;
            _context = SynchronizationContext.Current;
        }

        _isSynchronous = true;
        _thread = thread;
    }

    /// <summary>Records that the session is returned to code that may take it to other threads. Called by the scheduling thread.</summary>
    internal void MayTravel() => _isSynchronous = false;

    /// <summary>Records that a member of the session is called.</summary>
    internal void NoteUse()
    {
        if (_thread is { } thread && thread != Thread.CurrentThread)
        {
            _thread = null;
        }
    }

    /// <summary>Clears the record: the session has ended, or continues without a thread.</summary>
    internal void Forget()
    {
        _thread = null;
        _context = null;
        _task = null;
    }
}
