// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// What handles of a session refer to, and nothing else while the session is open: so it becomes garbage exactly when nobody can end the
/// session any more. Then the session backs off, and says who forgot it.
/// </summary>
/// <remarks>
/// <code>
///   handles ──► lease ──► state ◄── ledger (while open)
///                 ▲          │
///                 └──────────┘ only while the session is not open, so that both go back to the pool together
/// </code>
/// An old handle, of a session that has ended, refers to the lease of whatever session the pooled object serves now, and keeps it from being
/// found as long as the old one is kept: without an object for each session there is no telling them apart.
/// The finalizer decides nothing: it hands over to the thread pool, since readers and subscribers go on from there. One that finds the
/// session not open has nothing to do: the pool has let go of the object, or a thread is on its way to end the session.
/// </remarks>
internal sealed class SessionLease(InvalidationSessionState state) : IThreadPoolWorkItem
{
    private ulong _version; // of the session that nobody can end any more; written by the finalizer

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
