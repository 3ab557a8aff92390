// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Asynchronous methods. Each method, with all its calls, is represented by one map: code of it that runs after an await holds the map, and
/// a thread that blocks for its task waits for the map. Code before the first await runs on the caller's thread.
/// </summary>
internal static class AsyncWork
{
    private static readonly ConditionalWeakTable<Type, LockMap?> s_byType = [];
    private static readonly UninterruptedLock s_gate = new();
    private static readonly Dictionary<string, LockMap> s_byKey = new(StringComparer.Ordinal); // under the gate

    /// <summary>Records that a method has continued after an await.</summary>
    /// <param name="site">The site of the method; it names the type of the state machine.</param>
    /// <returns>
    /// The map that is held, for the end; null if the thread holds it already. Holding it twice means nothing more, and methods that continue inside each other, each
    /// by what the one before signals, would make the held list, and each stack that is captured, as long as their chain.
    /// </returns>
    public static LockMap? Enter(LockCallSite site)
    {
        LockMap map = site.Map ??= Of(site.LockName!);
        if (Session.Validator.IsTakenInWork(map))
        {
            return null;
        }

        Session.Validator.Acquire(map, AcquireShape.Of(LockAcquireMode.Shared, LockAttempt.Try), site);
        return map;
    }

    /// <summary>Records that this thread blocks for a task.</summary>
    public static void WaitFor(Task task, LockCallSite site)
    {
        if (!Session.Validator.HoldsAnything || MapOf(task.GetType()) is not { } map)
        {
            return;
        }

        using var ignored = LockValidator.Ignore();

        // Parts of asynchronous methods that run here are left out: one may wait for another call of the same method.
        HeldStep[] held = Array.FindAll(Session.Validator.HeldHere(), static step => !step.Map.IsContext);
        if (held.Length > 0)
        {
            ChainRecord record = LockValidator.RecordOf(map, AcquireShape.Of(LockAcquireMode.Exclusive).AsWait(), site.Place);
            Session.Validator.Judge([new JudgedWant(held, map, record, Rules.Acquisition.NameOf(Thread.CurrentThread))]);
        }
    }

    public static LockMap? MapOf(Task task) => MapOf(task.GetType());

    // The runtime keeps the state machine in the task: AsyncStateMachineBox<TResult, TStateMachine>.
    private static LockMap? MapOf(Type task) => !task.IsGenericType ? null : s_byType.GetValue(task, static type =>
    {
        Type[] arguments = type.GetGenericArguments();
        if (arguments.Length != 2 || !typeof(IAsyncStateMachine).IsAssignableFrom(arguments[1]))
        {
            return null;
        }

        Type machine = arguments[1].IsGenericType ? arguments[1].GetGenericTypeDefinition() : arguments[1];
        return machine.FullName is { } key ? Of(key) : null;
    });

    private static LockMap Of(string key)
    {
        using (s_gate.EnterScope())
        {
            if (!s_byKey.TryGetValue(key, out LockMap? map))
            {
                string name = LockClasses.WithoutArity(SourceName.Of(key, "MoveNext").Replace("<Program>$", "Program", StringComparison.Ordinal));
                map = new LockMap(LockClasses.Of($"task of {name}"), "any call") { IsContext = true, StandsForMany = true };
                s_byKey.Add(key, map);
            }

            return map;
        }
    }
}
