// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// A resource that one piece of code has at a time without being a lock: the UI thread, the finalizer thread, a single-threaded scheduler,
/// reclaim. Being inside is holding it; needing it is waiting for it.
/// </summary>
/// <remarks>Belongs to no validator; immutable and thread safe. (fs_reclaim and the workqueue maps of Linux lockdep.)</remarks>
[DebuggerDisplay("{Name,nq}")]
public sealed class ExclusiveContext
{
    // One for each, so that a thread that blocks in it and a continuation that wants to go on in it speak of the same.
    private static readonly ConditionalWeakTable<object, ExclusiveContext> s_known = [];

    // Contexts of well-known frameworks that run one thing at a time. Others may have many threads; who knows better says For.
    private static readonly string[] s_oneThread =
    [
        "System.Windows.Threading.DispatcherSynchronizationContext",
        "System.Windows.Forms.WindowsFormsSynchronizationContext",
        "Microsoft.AspNetCore.Components.Rendering.RendererSynchronizationContext",
        "Avalonia.Threading.AvaloniaSynchronizationContext",
        "Microsoft.UI.Dispatching.DispatcherQueueSynchronizationContext",
    ];

    /// <summary>Declares an exclusive context.</summary>
    /// <param name="name">The name in reports and snapshots.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null, empty or white space, or holds a control character.</exception>
    public ExclusiveContext(string name) => Map = new LockMap(LockClass.Create(name), name) { IsContext = true };

    /// <summary>The name in reports.</summary>
    public string Name => Map.Class.Name;

    /// <summary>The pseudo lock behind it.</summary>
    public LockMap Map { get; }

    /// <summary>
    /// Says that a context runs one thing at a time: blocking in it for a task that has to go on in it is then a certain finding. Those of WPF, Windows Forms, WinUI,
    /// Avalonia and Blazor are known.
    /// </summary>
    /// <param name="context">The context.</param>
    /// <returns>The same for the same context.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="context"/> is null.</exception>
    public static ExclusiveContext For(SynchronizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Of(context);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>What an <c>await</c> here would want to go on in, if that runs one thing at a time; null otherwise.</summary>
    internal static ExclusiveContext? Current
    {
        get
        {
            if (SynchronizationContext.Current is { } context && context.GetType() != typeof(SynchronizationContext))
            {
                return context is WatchedContext watched ? watched.Watched : Find(context);
            }

            TaskScheduler scheduler = TaskScheduler.Current;
            return scheduler.MaximumConcurrencyLevel == 1 ? Of(scheduler) : null;
        }
    }

    private static ExclusiveContext? Find(SynchronizationContext context)
    {
        if (s_known.TryGetValue(context, out ExclusiveContext? known))
        {
            return known;
        }

        for (Type? type = context.GetType(); type is not null; type = type.BaseType)
        {
            if (s_oneThread.Contains(type.FullName))
            {
                return Of(context);
            }
        }

        return null;
    }

    private static ExclusiveContext Of(object context) => s_known.GetValue(context, static key => new ExclusiveContext($"context {key.GetType().Name}"));
}
