// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The object that the handles of a session refer to. Nothing else refers to it while the session is open, so it becomes unreachable
/// exactly when no code can end the session any more. Its finalizer then backs the session off and reports it as forgotten.
/// </summary>
/// <remarks>
/// <code>
///   handles ──► lease ──► state ◄── ledger (while open)
///                 ▲          │
///                 └──────────┘ only while the session is not open, so that both go back to the pool together
/// </code>
/// A handle of an ended session refers to the lease of the session that the pooled object serves now, and so keeps that session from being
/// found forgotten while the handle is reachable: without an object for each session, the two cannot be told apart.
/// The finalizer decides nothing: it queues to the thread pool, because readers and subscribers continue from there. When it finds that the
/// session is not open, there is nothing to do: the pool has dropped the object, or a thread is about to end the session.
/// </remarks>
internal sealed class SessionLease(InvalidationSessionState state) : IThreadPoolWorkItem
{
    private ulong _version; // the version of the session that no handle refers to any more; written by the finalizer

    ~SessionLease()
    {
        if (State.TryGetOpenVersion(out _version))
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    internal InvalidationSessionState State { get; } = state;

    void IThreadPoolWorkItem.Execute() => State.BackOffForgotten(_version);
}
