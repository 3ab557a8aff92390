// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    private long _lastPin;

    /// <summary>Announces that this thread has released a lock. Any order is allowed; of several holds the innermost one ends.</summary>
    /// <param name="instance">The <see cref="LockMap"/>, or the object that was passed when the lock was acquired.</param>
    /// <remarks>Call it before or after the lock itself is left. Never blocks; allocates only for a report.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and the lock is not held, or is pinned.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release(object instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        LockHolder stack = LockHolder.Current(this);
        if (!(instance is LockMap map ? stack.TryPopTop(map) : stack.TryPopForeign(instance)))
        {
            ReleaseSlow(stack, instance);
        }
    }

    /// <summary>Changes an exclusive or upgradeable hold to a shared one, without releasing the lock.</summary>
    /// <param name="instance">The lock.</param>
    /// <param name="mode">The mode from now on.</param>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mode"/> is not a shared mode.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and the lock is not held, or not in such a mode.</exception>
    public void Downgrade(object instance, LockAcquireMode mode = LockAcquireMode.Shared)
    {
        ArgumentNullException.ThrowIfNull(instance);
        if (mode is not (LockAcquireMode.Shared or LockAcquireMode.SharedRecursive))
        {
            Misuse.ThrowBadMode(mode);
        }

        LockHolder stack = LockHolder.Current(this);
        if (!TryFind(stack, instance, "downgraded", out int index))
        {
            return;
        }

        ChainRecord record = stack.Entries[index].Record;
        if (record.IsReader && record.Mode != LockAcquireMode.Upgradeable)
        {
            ReportMisuse(stack, LockViolationKind.WrongMode, MapOf(instance, record.Class), "A lock is downgraded that is held as a reader already.", record);
            return;
        }

        Rejudge(stack, index, record.Class, record.Shape.With(mode));
    }

    /// <summary>
    /// Changes the class of a lock, held or not. If it is held, the locks that were acquired after it are validated again.
    /// </summary>
    /// <param name="map">The lock.</param>
    /// <param name="lockClass">The new class.</param>
    /// <param name="subclass">The subclass of acquisitions that name none.</param>
    /// <remarks>Only the thread that holds the lock may change it while it is held. (lock_set_class of Linux lockdep.)</remarks>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="subclass"/> is out of its range.</exception>
    public void ChangeClass(LockMap map, LockClass lockClass, int subclass = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(lockClass);
        if ((uint)subclass > LockClass.MaxSubclass)
        {
            Misuse.ThrowBadSubclass(subclass);
        }

        LockHolder stack = LockHolder.Current(this);
        stack.Settle();
        int index = stack.IndexOf(map);
        map.ChangeClass(lockClass, subclass);
        if (index >= 0)
        {
            Rejudge(stack, index, lockClass, stack.Entries[index].Record.Shape.WithSubclass(subclass));
        }
    }

    /// <summary>Forbids the release of a held lock until the scope ends: for code that passes a locked object to a callback.</summary>
    /// <param name="instance">The lock.</param>
    /// <returns>The pin; a lock may have several. An empty scope when the lock is not held.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="instance"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and the lock is not held.</exception>
    public LockSectionScope Pin(object instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        LockHolder stack = LockHolder.Current(this);
        if (!TryFind(stack, instance, "pinned", out int index))
        {
            return default;
        }

        // Odd and not reused for a long time, so that one pin cannot be undone in place of another.
        long cookie = (Interlocked.Increment(ref _lastPin) * 2) + 1;
        stack.AddPins(index, cookie);
        return new LockSectionScope(this, stack, LockSectionScope.SectionKind.Pin, instance, cookie);
    }

    internal void Unpin(LockHolder stack, object instance, long cookie)
    {
        if (!TryFind(stack, instance, "unpinned", out int index))
        {
            return;
        }

        HeldEntry entry = stack.Entries[index];
        if (entry.Pins < cookie)
        {
            ReportMisuse(stack, LockViolationKind.PinBroken, MapOf(instance, entry.Record.Class), "A pin is undone that does not stand.", entry.Record);
            return;
        }

        stack.AddPins(index, -cookie);
    }

    private bool TryFind(LockHolder stack, object instance, string what, out int index)
    {
        stack.Settle();
        index = stack.IndexOf(instance);
        if (index < 0)
        {
            LockMap map = MapOf(instance, s_unknown);
            ReportMisuse(
                stack, LockViolationKind.NotHeld, map, $"{Name(instance, map)} is {what} by a thread that does not hold it.{HolderElsewhere(stack, instance)}");
        }

        return index >= 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void ReleaseSlow(LockHolder stack, object instance)
    {
        if (!TryFind(stack, instance, "released", out int index))
        {
            return;
        }

        HeldEntry entry = stack.Entries[index];
        stack.RemoveAt(index);
        entry.Node?.TryRelease();
        if (entry.Pins != 0)
        {
            LockMap map = MapOf(instance, entry.Record.Class);
            ReportMisuse(stack, LockViolationKind.PinBroken, map, $"{map} is released while it is pinned.", entry.Record);
        }
    }

    // A change below affects the locks above it, so they are validated as if they were acquired now.
    private void Rejudge(LockHolder stack, int index, LockClass lockClass, AcquireShape shape)
    {
        List<LockViolation>? all = null;
        for (int i = index; i < stack.Depth; i++)
        {
            HeldEntry entry = stack.Entries[i];
            LockMap map = MapOf(entry.Instance!, entry.Record.Class);
            AcquireShape judged = i == index ? shape : entry.Record.Shape;
            ulong own = OwnKey(
                entry.Instance is LockMap ? map.Identity : ForeignIdentity(lockClass, entry.Instance!), judged, null, entry.Record.Site?.Line ?? 0);
            ulong classKey = ClassKeyOf(stack, i, map, judged, null, entry.Record.Site);
            var request = new Request(
                stack, i, entry.Instance!, map, judged, null, entry.Record.SiteToken, entry.Record.Site, own, classKey, entry.Record.Stack);
            ChainRecord record = Examine(request, out List<LockViolation>? violations, out _, out _);
            stack.Replace(i, record, own);
            (all ??= []).AddRange(violations ?? []);
        }

        if (all is { Count: > 0 })
        {
            Deliver(stack, all);
        }
    }

    private static string Name(object instance, LockMap map) => instance is LockMap ? map.ToString() : $"An object of type {instance.GetType().Name}";
}
