// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for calls of <see cref="BlockingCollection{T}"/>. A thread that takes an item waits for a thread that adds one, or that ends the adding, so the
/// collection is recorded as a signal. A wait counts also where an item happens to be there: on another run it may not be.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Collections.Concurrent.BlockingCollection`1")]
public static class CollectionCalls
{
    public static BlockingCollection<T> New<T>(LockCallSite site) => Signals.Made(new BlockingCollection<T>(), site);

    public static BlockingCollection<T> New<T>(int boundedCapacity, LockCallSite site) => Signals.Made(new BlockingCollection<T>(boundedCapacity), site);

    public static BlockingCollection<T> New<T>(IProducerConsumerCollection<T> collection, LockCallSite site)
        => MadeOf(new BlockingCollection<T>(collection), site);

    public static BlockingCollection<T> New<T>(IProducerConsumerCollection<T> collection, int boundedCapacity, LockCallSite site)
        => MadeOf(new BlockingCollection<T>(collection, boundedCapacity), site);

    public static void Add<T>(BlockingCollection<T> target, T item, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        target.Add(item);
    }

    public static void Add<T>(BlockingCollection<T> target, T item, CancellationToken cancellationToken, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        target.Add(item, cancellationToken);
    }

    public static bool TryAdd<T>(BlockingCollection<T> target, T item, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        return target.TryAdd(item);
    }

    public static bool TryAdd<T>(BlockingCollection<T> target, T item, int millisecondsTimeout, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        return target.TryAdd(item, millisecondsTimeout);
    }

    public static void CompleteAdding<T>(BlockingCollection<T> target, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        target.CompleteAdding();
    }

    public static T Take<T>(BlockingCollection<T> target, LockCallSite site)
    {
        Signals.Find(target)?.Wait(site);
        return target.Take();
    }

    public static IEnumerable<T> GetConsumingEnumerable<T>(BlockingCollection<T> target, LockCallSite site)
        => Signals.Find(target) is { } signal ? Consume(target, signal, site) : target.GetConsumingEnumerable();

    // Each step of the loop may wait.
    private static IEnumerable<T> Consume<T>(BlockingCollection<T> target, SignalState signal, LockCallSite site)
    {
        using IEnumerator<T> items = target.GetConsumingEnumerable().GetEnumerator();
        while (true)
        {
            signal.Wait(site);
            if (!items.MoveNext())
            {
                yield break;
            }

            yield return items.Current;
        }
    }

    private static BlockingCollection<T> MadeOf<T>(BlockingCollection<T> target, LockCallSite site)
    {
        Signals.Made(target, site);
        if (target.Count > 0)
        {
            Signals.Find(target)?.Free(); // it is made with items in it, so that a thread that takes one waits for nobody
        }

        return target;
    }
}
