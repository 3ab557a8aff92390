// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The thread on which a session lives, as far as that can be known, so that a thread which is about to wait for its own session is told
/// instead. When in doubt the answer is "another one": an exception that hits the wrong thread is worse than a wait that nobody is told of.
/// </summary>
/// <remarks>
/// <para>A session is a value that may cross an <c>await</c>, and no thread is told when that happens. So the holder is forgotten as soon as
/// something shows that the session has moved on:</para>
/// <code>
///   holder    synchronous   meaning                                                  next
///   none      no            free; or used by several threads; or its WaitAsync       the scheduling thread, by Set
///                           has gone on without a thread
///   thread T  yes           T is inside TrySchedule, Invalidate, a sweep or Release: not synchronous, by MayTravel; none, by Forget
///                           it cannot leave without ending the session or saying so
///   thread T  no            only T has used the session so far; see IsHere           none, by NoteUse of another thread, or Forget
/// </code>
/// <para>A thread of the pool serves others as soon as a method has returned to it, and the session may be in the hands of an asynchronous
/// method that has done so. There the thread alone says nothing; the task that runs on it does, and so does a synchronization context.</para>
/// <para>Written by the thread T, and reset by others. T alone asks <see cref="IsHere"/> with success, and what T has written itself it sees.</para>
/// </remarks>
internal struct SessionHolder
{
    private Thread? _thread;
    private SynchronizationContext? _context; // of a thread of the pool
    private int? _task;                       // of a thread of the pool
    private bool _isSynchronous;

    /// <summary>Whether code that runs here would wait for itself when it waits for the end of the session.</summary>
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

    /// <summary>Notes who has the session. The scheduling thread calls it, before anybody can find the session.</summary>
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

    /// <summary>Says that the session is handed to code that may take it to other threads. The scheduling thread calls it.</summary>
    internal void MayTravel() => _isSynchronous = false;

    /// <summary>A member of the session is called.</summary>
    internal void NoteUse()
    {
        if (_thread is { } thread && thread != Thread.CurrentThread)
        {
            _thread = null;
        }
    }

    /// <summary>The session has ended, or goes on without a thread.</summary>
    internal void Forget()
    {
        _thread = null;
        _context = null;
        _task = null;
    }
}
