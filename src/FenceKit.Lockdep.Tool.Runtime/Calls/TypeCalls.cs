// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Put around static constructors that take locks, and before whatever makes the runtime run them or wait for them.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
public static class TypeCalls
{
    private const string NamePrefix = "static constructor of "; // as the rewriter names them
    private static readonly UninterruptedLock s_gate = new();
    private static readonly Dictionary<LockClass, LockMap> s_maps = []; // under the gate

    [ThreadStatic]
    private static int t_running;

    /// <summary>The static constructor begins.</summary>
    /// <returns>For <see cref="Exit"/>.</returns>
    public static int Enter(LockCallSite site)
    {
        t_running++;
        return Session.IsOn ? Session.Validator.BeginWork(MapOf(site), site) : 0;
    }

    /// <summary>The static constructor ends, whichever way.</summary>
    public static void Exit(int entered, LockCallSite site)
    {
        t_running--;
        if (Session.IsOn)
        {
            Session.Validator.EndWork(MapOf(site), entered);
        }
    }

    /// <summary>What comes next needs the type, so it would wait if another thread were in its static constructor.</summary>
    public static void Trigger(LockCallSite site)
    {
        // Of two static constructors that need each other the runtime lets one go on. And whoever holds a lock of the type itself has needed the type before.
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
