// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for calls of <see cref="Parallel"/>. The work runs on the calling thread and on threads of the pool, and the call returns when all of it is done. A
/// lock that the caller holds keeps the other threads out, although it lets the caller itself in again. So the body is checked as the work of another thread, also
/// where it happens to run on the calling one.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.Parallel")]
public static class ParallelCalls
{
    private static readonly ParallelOptions s_default = new();

    public static ParallelLoopResult For(int fromInclusive, int toExclusive, Action<int> body, LockCallSite site)
        => For(fromInclusive, toExclusive, s_default, body, site);

    public static ParallelLoopResult For(int fromInclusive, int toExclusive, ParallelOptions parallelOptions, Action<int> body, LockCallSite site)
        => Parallel.For(fromInclusive, toExclusive, parallelOptions, Wrap(body, site));

    public static ParallelLoopResult For(long fromInclusive, long toExclusive, Action<long> body, LockCallSite site)
        => Parallel.For(fromInclusive, toExclusive, Wrap(body, site));

    public static ParallelLoopResult For(int fromInclusive, int toExclusive, Action<int, ParallelLoopState> body, LockCallSite site)
        => Parallel.For(fromInclusive, toExclusive, Wrap(body, site));

    public static ParallelLoopResult ForEach<TSource>(IEnumerable<TSource> source, Action<TSource> body, LockCallSite site)
        => Parallel.ForEach(source, Wrap(body, site));

    public static ParallelLoopResult ForEach<TSource>(IEnumerable<TSource> source, ParallelOptions parallelOptions, Action<TSource> body, LockCallSite site)
        => Parallel.ForEach(source, parallelOptions, Wrap(body, site));

    public static ParallelLoopResult ForEach<TSource>(IEnumerable<TSource> source, Action<TSource, ParallelLoopState> body, LockCallSite site)
        => Parallel.ForEach(source, Wrap(body, site));

    public static void Invoke(Action[] actions, LockCallSite site) => Invoke(s_default, actions, site);

    public static void Invoke(ParallelOptions parallelOptions, Action[] actions, LockCallSite site)
    {
        Work? work = WorkOf(actions, site);
        Parallel.Invoke(parallelOptions, work is null ? actions : Array.ConvertAll(actions, action => action is null ? null! : (Action)(() =>
        {
            using (work.Enter())
            {
                action();
            }
        })));
    }

    private static Action<T> Wrap<T>(Action<T> body, LockCallSite site) => WorkOf(body, site) is not { } work
        ? body
        : item =>
        {
            using (work.Enter())
            {
                body(item);
            }
        };

    private static Action<T, ParallelLoopState> Wrap<T>(Action<T, ParallelLoopState> body, LockCallSite site) => WorkOf(body, site) is not { } work
        ? body
        : (item, state) =>
        {
            using (work.Enter())
            {
                body(item, state);
            }
        };

    // Null for a caller that holds no lock: no thread can be kept waiting by it, and the body is not wrapped.
    private static Work? WorkOf(object? body, LockCallSite site)
    {
        if (!Session.IsOn || body is null || !Session.Validator.HoldsAnything)
        {
            return null;
        }

        var work = new Work(site);
        Session.Validator.WaitFor(work.Map, site);
        return work;
    }

    private sealed class Work(LockCallSite site)
    {
        public LockMap Map { get; } = new(LockClasses.Of($"parallel work of {site.Place.Member}")) { IsContext = true };

        public Scope Enter() => new(Map, Session.Validator.BeginWork(Map, site));
    }

    private readonly ref struct Scope(LockMap map, int before)
    {
        public void Dispose() => Session.Validator.EndWork(map, before);
    }
}
