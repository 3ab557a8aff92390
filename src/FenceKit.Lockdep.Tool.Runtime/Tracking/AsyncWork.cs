// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Asynchronous methods, each of which is one for all of its calls: a part of it that runs after an await counts as holding it, and whoever blocks for its task
/// waits for that. What runs before the first await runs on the thread of the caller.
/// </summary>
internal static class AsyncWork
{
    private static readonly ConditionalWeakTable<Type, LockMap?> s_byType = [];
    private static readonly UninterruptedLock s_gate = new();
    private static readonly Dictionary<string, LockMap> s_byKey = new(StringComparer.Ordinal); // under the gate

    /// <summary>A method has gone on behind an await.</summary>
    /// <param name="site">The method; it names the type of the state machine.</param>
    /// <returns>What is held, for the end.</returns>
    public static LockMap Enter(LockCallSite site)
    {
        LockMap map = site.Map ??= Of(site.LockName!);
        Session.Validator.Acquire(map, AcquireShape.Of(LockAcquireMode.Shared, LockAttempt.Try), site);
        return map;
    }

    /// <summary>This thread blocks for a task.</summary>
    public static void WaitFor(Task task, LockCallSite site)
    {
        if (!Session.Validator.HoldsAnything || MapOf(task.GetType()) is not { } map)
        {
            return;
        }

        using var ignored = LockValidator.Ignore();

        // Of the parts of asynchronous methods that run here one may wait for another of its kind.
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
