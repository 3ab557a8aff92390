// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// A callback whose end other code may wait for. While it runs, its thread holds a map in shared mode, and a waiter for its end waits for
/// that map (lock_map_acquire around work, and in flush_work, of Linux).
/// </summary>
internal sealed class RunningCallback
{
    private static readonly ConditionalWeakTable<object, RunningCallback> s_byNode = [];
    private static readonly Func<CancellationTokenRegistration, object?>? s_nodeOf = MakeNodeOf();

    private readonly LockMap _map;
    private readonly LockMap? _outer; // of a token that is linked to others, what runs its callbacks
    private readonly LockCallSite _site;

    public RunningCallback(LockCallSite site, Delegate callback, LockMap? outer = null)
    {
        _site = site;
        _outer = outer;
        _map = new LockMap(site.IsOfGivenCallback ? LockClasses.Of(NameOf(callback)) : site.Named()) { IsContext = true };
    }

    public static RunningCallback? Of(CancellationTokenRegistration registration)
        => s_nodeOf?.Invoke(registration) is { } node && s_byNode.TryGetValue(node, out RunningCallback? running) ? running : null;

    /// <summary>
    /// Associates the callback with a registration. A registration is a value; the node inside belongs to it until it is unregistered, and
    /// is then reused.
    /// </summary>
    public CancellationTokenRegistration Known(CancellationTokenRegistration registration)
    {
        if (s_nodeOf?.Invoke(registration) is { } node)
        {
            s_byNode.AddOrUpdate(node, this);
        }

        return registration;
    }

    public Action<object?> Wrap(Action<object?> callback) => state =>
    {
        using (Enter())
        {
            callback(state);
        }
    };

    public Action<object?, CancellationToken> Wrap(Action<object?, CancellationToken> callback) => (state, token) =>
    {
        using (Enter())
        {
            callback(state, token);
        }
    };

    public Scope Enter()
    {
        if (_outer is not null)
        {
            Session.Validator.Acquire(_outer, AcquireShape.Of(LockAcquireMode.Shared, LockAttempt.Try), _site);
        }

        // Whoever runs it waits for nobody who waits for its end.
        Session.Validator.Acquire(_map, AcquireShape.Of(LockAcquireMode.Shared, LockAttempt.Try), _site);
        return new Scope(_map, _outer);
    }

    public void WaitFor(LockCallSite site) => Session.Validator.WaitFor(_map, site);

    /// <summary>The map of the callback, for code that really waits.</summary>
    public LockMap Map => _map;

    // Of a callback that a method is given its code does not say which it is.
    private static string NameOf(Delegate callback)
    {
        Type? type = callback.Method.DeclaringType;
        type = type is { IsGenericType: true } ? type.GetGenericTypeDefinition() : type;
        string name = type?.FullName is { } typeName ? SourceName.Of(typeName, callback.Method.Name) : callback.Method.Name;
        return $"callback {LockClasses.WithoutArity(name.Replace("<Program>$", "Program", StringComparison.Ordinal))}";
    }

    public ref struct Scope(LockMap map, LockMap? outer)
    {
        public void Dispose()
        {
            Session.Validator.ReleaseIfHeld(map);
            if (outer is not null)
            {
                Session.Validator.ReleaseIfHeld(outer);
            }
        }
    }

    // The field has no accessor, and its type cannot be named in C#.
    private static Func<CancellationTokenRegistration, object?>? MakeNodeOf()
    {
        FieldInfo? field = typeof(CancellationTokenRegistration).GetField("_node", BindingFlags.Instance | BindingFlags.NonPublic);
        if (field is null || field.FieldType.IsValueType)
        {
            return null; // another version of the runtime: registrations are not tracked
        }

        DynamicMethod read = new("NodeOf", typeof(object), [typeof(CancellationTokenRegistration)], typeof(CancellationTokenRegistration), skipVisibility: true);
        ILGenerator code = read.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldfld, field);
        code.Emit(OpCodes.Ret);
        return read.CreateDelegate<Func<CancellationTokenRegistration, object?>>();
    }
}
