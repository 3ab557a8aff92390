// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Calls that the rewriter inserts around static constructors that acquire locks, and before instructions that may run or wait for such a
/// constructor.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
public static class TypeCalls
{
    private const string NamePrefix = "static constructor of "; // as in the rewriter's names
    private static readonly UninterruptedLock s_gate = new();
    private static readonly Dictionary<LockClass, LockMap> s_maps = []; // under the gate

    [ThreadStatic]
    private static int t_running;

    /// <summary>Called when the static constructor begins.</summary>
    /// <returns>A value for <see cref="Exit"/>.</returns>
    public static int Enter(LockCallSite site)
    {
        t_running++;
        return Session.IsOn ? Session.Validator.BeginWork(MapOf(site), site) : 0;
    }

    /// <summary>Called when the static constructor ends, normally or not.</summary>
    public static void Exit(int entered, LockCallSite site)
    {
        t_running--;
        if (Session.IsOn)
        {
            Session.Validator.EndWork(MapOf(site), entered);
        }
    }

    /// <summary>Called before code that needs the type: it would wait if another thread were in the static constructor.</summary>
    public static void Trigger(LockCallSite site)
    {
        // If two static constructors need each other, the runtime lets one continue. And a thread that holds a lock of the type itself has
        // already initialized it.
        if (Session.IsOn && t_running == 0 && Session.Validator.HoldsAnything && !Session.Validator.HoldsLockOf(site.LockName![NamePrefix.Length..]))
        {
            Session.Validator.WaitFor(MapOf(site), site);
        }
    }

    private static LockMap MapOf(LockCallSite site) => site.Map ??= Make(site.Named());

    private static LockMap Make(LockClass lockClass)
    {
        using (s_gate.EnterScope())
        {
            if (!s_maps.TryGetValue(lockClass, out LockMap? map))
            {
                map = new LockMap(lockClass, "of the type") { IsContext = true };
                s_maps.Add(lockClass, map);
            }

            return map;
        }
    }
}
