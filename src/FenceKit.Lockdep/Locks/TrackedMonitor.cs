// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// <see cref="Monitor"/> for existing objects, with reports to a validator. With <see cref="LockValidator.IsEnabled"/> off it is the bare
/// monitor.
/// </summary>
/// <remarks>
/// Keep the class and the site in <c>static readonly</c> fields. Does not keep the object alive. Thread safe; reentrant like
/// <see cref="Monitor"/>, whatever the class says; allocates only when the validator sees something new.
/// </remarks>
public static class TrackedMonitor
{
    private static readonly ConditionalWeakTable<LockClass, LockClass> s_pulseClasses = [];
    private static readonly ConditionalWeakTable<object, LockMap> s_pulses = []; // keyed by the object that is pulsed

    /// <summary>Enters the monitor, waiting without a limit.</summary>
    /// <param name="target">The object.</param>
    /// <param name="lockClass">The class of the object.</param>
    /// <param name="site">The site of the call, created once; or null.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> or <paramref name="lockClass"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public static void Enter(object target, LockClass lockClass, LockSite? site = null, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(lockClass);
        if (!LockValidatorSwitch.IsEnabled)
        {
            Monitor.Enter(target);
            return;
        }

        LockValidator judge = validator ?? LockValidator.Default;
        judge.AcquireMonitor(lockClass, target, LockAttempt.Blocking, site);
        try
        {
            Monitor.Enter(target);
        }
        catch
        {
            judge.Release(target);
            throw;
        }
    }

    /// <summary>Enters the monitor for the duration of a <c>using</c>.</summary>
    /// <param name="target">The object.</param>
    /// <param name="lockClass">The class of the object.</param>
    /// <param name="site">The site of the call, created once; or null.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <returns>A scope; disposing it leaves the monitor.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> or <paramref name="lockClass"/> is null.</exception>
    public static Scope EnterScope(object target, LockClass lockClass, LockSite? site = null, LockValidator? validator = null)
    {
        Enter(target, lockClass, site, validator);
        return new Scope(target, validator);
    }

    /// <summary>Enters the monitor, waiting for a limited time or not at all.</summary>
    /// <param name="target">The object.</param>
    /// <param name="lockClass">The class of the object.</param>
    /// <param name="timeout">How long to wait; zero for a try.</param>
    /// <param name="site">The site of the call, created once; or null.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <returns>True if this thread now holds the monitor.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> or <paramref name="lockClass"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or too long.</exception>
    public static bool TryEnter(object target, LockClass lockClass, TimeSpan timeout, LockSite? site = null, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(lockClass);
        if (!LockValidatorSwitch.IsEnabled)
        {
            return Monitor.TryEnter(target, timeout);
        }

        LockValidator judge = validator ?? LockValidator.Default;
        if (timeout == TimeSpan.Zero)
        {
            return Monitor.TryEnter(target) && Announced(target, lockClass, site, judge);
        }

        LockAttempt attempt = timeout == Timeout.InfiniteTimeSpan ? LockAttempt.Blocking : LockAttempt.Timed;
        judge.AcquireMonitor(lockClass, target, attempt, site);
        bool isTaken = false;
        try
        {
            isTaken = Monitor.TryEnter(target, timeout);
        }
        finally
        {
            if (!isTaken)
            {
                judge.Release(target);
            }
        }

        return isTaken;
    }

    /// <summary>Leaves the monitor.</summary>
    /// <param name="target">The object.</param>
    /// <param name="validator">The validator that the monitor was entered with, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> is null.</exception>
    /// <exception cref="SynchronizationLockException">This thread does not hold the monitor.</exception>
    public static void Exit(object target, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        Monitor.Exit(target);
        if (LockValidatorSwitch.IsEnabled)
        {
            (validator ?? LockValidator.Default).Release(target);
        }
    }

    /// <summary>
    /// Releases the monitor, waits for a pulse, and enters the monitor again. The other locks of the thread stay held during the wait;
    /// those are checked.
    /// </summary>
    /// <param name="target">The object.</param>
    /// <param name="lockClass">The class of the object.</param>
    /// <param name="timeout">How long to wait for the pulse.</param>
    /// <param name="site">The site of the call, created once; or null.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <returns>False when the time ran out before the pulse; the monitor is still entered again.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> or <paramref name="lockClass"/> is null.</exception>
    /// <exception cref="SynchronizationLockException">This thread does not hold the monitor.</exception>
    public static bool Wait(object target, LockClass lockClass, TimeSpan timeout, LockSite? site = null, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(lockClass);
        if (!LockValidatorSwitch.IsEnabled)
        {
            return Monitor.Wait(target, timeout);
        }

        CheckEntered(target);

        LockValidator judge = validator ?? LockValidator.Default;
        judge.Release(target);
        try
        {
            // The monitor itself is not counted: it is released during the wait.
            judge.WaitFor(PulseOf(target, lockClass), timeout == Timeout.InfiniteTimeSpan ? LockAttempt.Blocking : LockAttempt.Timed, site);
        }
        finally
        {
            judge.AcquireMonitor(lockClass, target, LockAttempt.Blocking, site);
        }

        return Monitor.Wait(target, timeout);
    }

    /// <summary>Like the overload with a timeout, without a limit.</summary>
    /// <param name="target">The object.</param>
    /// <param name="lockClass">The class of the object.</param>
    /// <param name="site">The site of the call, created once; or null.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> or <paramref name="lockClass"/> is null.</exception>
    /// <exception cref="SynchronizationLockException">This thread does not hold the monitor.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the call has not waited then.
    /// </exception>
    public static void Wait(object target, LockClass lockClass, LockSite? site = null, LockValidator? validator = null)
        => _ = Wait(target, lockClass, Timeout.InfiniteTimeSpan, site, validator);

    /// <summary>
    /// Like <see cref="Monitor.Pulse"/>. The other locks that the thread holds were acquired before the pulse, so a thread that waits for
    /// the pulse must not hold them.
    /// </summary>
    /// <param name="target">The object.</param>
    /// <param name="lockClass">The class of the object.</param>
    /// <param name="site">The site of the call, created once; or null.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <remarks>Does not block. A cycle is at most possible: another thread may pulse as well.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> or <paramref name="lockClass"/> is null.</exception>
    /// <exception cref="SynchronizationLockException">This thread does not hold the monitor.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; no thread has been pulsed then.
    /// </exception>
    public static void Pulse(object target, LockClass lockClass, LockSite? site = null, LockValidator? validator = null)
    {
        NotePulse(target, lockClass, site, validator);
        Monitor.Pulse(target);
    }

    /// <summary>Like <see cref="Monitor.PulseAll"/>.</summary>
    /// <inheritdoc cref="Pulse"/>
    public static void PulseAll(object target, LockClass lockClass, LockSite? site = null, LockValidator? validator = null)
    {
        NotePulse(target, lockClass, site, validator);
        Monitor.PulseAll(target);
    }

    private static void NotePulse(object target, LockClass lockClass, LockSite? site, LockValidator? validator)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(lockClass);
        if (LockValidatorSwitch.IsEnabled)
        {
            CheckEntered(target);
            (validator ?? LockValidator.Default).NoteSignal(PulseOf(target, lockClass), target, site);
        }
    }

    private static void CheckEntered(object target)
    {
        if (!Monitor.IsEntered(target))
        {
            throw new SynchronizationLockException("A monitor can be waited on, or pulsed, only by the thread that holds it.");
        }
    }

    private static LockMap PulseOf(object target, LockClass lockClass) => s_pulses.GetValue(
        target, _ => new LockMap(s_pulseClasses.GetValue(lockClass, static key => LockClass.Derived(key.Name + " pulse", key.IsDeclared))));

    private static bool Announced(object target, LockClass lockClass, LockSite? site, LockValidator judge)
    {
        try
        {
            judge.AcquireMonitor(lockClass, target, LockAttempt.Try, site);
            return true;
        }
        catch
        {
            Monitor.Exit(target);
            throw;
        }
    }

    /// <summary>Leaves the monitor when it is disposed; disposing it twice does nothing.</summary>
    public ref struct Scope : IDisposable
    {
        private readonly LockValidator? _validator;
        private object? _target;

        internal Scope(object target, LockValidator? validator)
        {
            _target = target;
            _validator = validator;
        }

        /// <summary>Leaves the monitor.</summary>
        public void Dispose()
        {
            if (_target is { } target)
            {
                _target = null;
                Exit(target, _validator);
            }
        }
    }
}
