// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    /// <summary>
    /// Announces that a lock starts a new life, for pooled objects. Reports when this thread holds it; it is then no longer held.
    /// </summary>
    /// <param name="map">The lock.</param>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and the lock is held.</exception>
    public void Reinitialize(LockMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        EndLife(map, "initialized again");
        map.Renew();
    }

    /// <summary>Announces that a lock is disposed. Reports when this thread holds it; it is then no longer held.</summary>
    /// <param name="instance">The lock.</param>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and the lock is held.</exception>
    public void Retire(object instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        EndLife(instance, "disposed");
    }

    /// <summary>Removes a class, such as that of an unloaded plug-in. The orders that led through it stay.</summary>
    /// <param name="lockClass">The class. If it is used again, it starts anew.</param>
    /// <remarks>Every thread validates each of its chains once more. Nothing is lost: the remaining graph is at least as strict.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public void Forget(LockClass lockClass)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        using (_gate.EnterScope())
        {
            foreach (LockNode node in (LockNode[])[.. _graph.NodesOf(lockClass)])
            {
                _graph.Remove(node);
            }

            _situations.Remove(lockClass);
            ForgetChainsLocked();
        }
    }

    /// <summary>Reports each thread that ended while it held locks, once.</summary>
    /// <returns>The number of such threads since the last call.</returns>
    /// <remarks>
    /// The runtime does not announce the end of a thread, so this has to be called: at the end of a test, or from a timer.
    /// </remarks>
    /// <exception cref="LockViolationException">A throwing sink is installed and there was such a thread.</exception>
    public int CheckEndedThreads()
    {
        IReadOnlyList<LockHolder> abandoned = Stacks.TakeAbandoned();
        foreach (LockHolder stack in abandoned)
        {
            HeldEntry top = stack.Entries[^1];
            LockMap map = MapOf(top.Instance!, top.Record.Class);
            ReportMisuse(
                stack, LockViolationKind.HeldAtThreadEnd, map, $"A thread ended while it held {stack.Depth} locks; the innermost is {map}.", top.Record);
        }

        return abandoned.Count;
    }

    private void EndLife(object instance, string what)
    {
        if (LockHolder.CurrentIfAny(this) is not { } stack)
        {
            return;
        }

        stack.Settle();
        int index = stack.IndexOf(instance);
        if (index < 0)
        {
            return;
        }

        ChainRecord record = stack.Entries[index].Record;
        LockMap map = MapOf(instance, record.Class);
        for (; index >= 0; index = stack.IndexOf(instance))
        {
            stack.RemoveAt(index);
        }

        ReportMisuse(stack, LockViolationKind.ReinitializedWhileHeld, map, $"{map} is {what} by a thread that holds it.", record);
    }

    private void ForgetChainsLocked()
    {
        _chains.Clear();
        _lockSets.Clear();
        _placeSets.Clear();
        _doubts.Clear();
        Volatile.Write(ref _seed, ChainKey.Mix(_seed, 0xC2B2AE3D27D4EB4FUL)); // pairs with the reads in LockHolder.Refresh
        Stacks.MarkAllStale();
    }
}
