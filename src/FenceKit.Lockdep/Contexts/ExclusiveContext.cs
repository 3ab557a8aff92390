// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// A resource that one piece of code has at a time without being a lock: the UI thread, the finalizer thread, a single-threaded scheduler,
/// reclaim. To the validator, being inside is holding it, and needing it is waiting for it.
/// </summary>
/// <remarks>Belongs to no validator; immutable and thread safe. (fs_reclaim and the workqueue maps of Linux lockdep.)</remarks>
[DebuggerDisplay("{Name,nq}")]
public sealed class ExclusiveContext
{
    // One context for each object, so that a thread that blocks inside it and a continuation that needs it refer to the same one.
    private static readonly ConditionalWeakTable<object, ExclusiveContext> s_known = [];

    // Synchronization contexts of well-known frameworks that run one thing at a time. Others may have several threads; call For for those
    // that do not.
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

    /// <summary>The pseudo lock of the context.</summary>
    public LockMap Map { get; }

    /// <summary>
    /// Declares that a synchronization context runs one thing at a time: blocking inside it for a task that has to continue there is then a
    /// certain finding. The contexts of WPF, Windows Forms, WinUI, Avalonia and Blazor are known.
    /// </summary>
    /// <param name="context">The context.</param>
    /// <returns>The exclusive context; always the same one for the same argument.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="context"/> is null.</exception>
    public static ExclusiveContext For(SynchronizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Of(context);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The context in which an <c>await</c> here would continue, if it runs one thing at a time; null otherwise.</summary>
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
