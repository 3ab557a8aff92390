// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Threading.Channels;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Replacements for the making of a channel: who reads from it waits for somebody who writes, or who ends it.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Channels.Channel")]
public static class ChannelCalls
{
    public static Channel<T> CreateUnbounded<T>(LockCallSite site) => Known(Channel.CreateUnbounded<T>(), site);

    public static Channel<T> CreateUnbounded<T>(UnboundedChannelOptions options, LockCallSite site) => Known(Channel.CreateUnbounded<T>(options), site);

    public static Channel<T> CreateUnboundedPrioritized<T>(LockCallSite site) => Known(Channel.CreateUnboundedPrioritized<T>(), site);

    public static Channel<T> CreateUnboundedPrioritized<T>(UnboundedPrioritizedChannelOptions<T> options, LockCallSite site)
        => Known(Channel.CreateUnboundedPrioritized(options), site);

    public static Channel<T> CreateBounded<T>(int capacity, LockCallSite site) => Known(Channel.CreateBounded<T>(capacity), site);

    public static Channel<T> CreateBounded<T>(BoundedChannelOptions options, LockCallSite site) => Known(Channel.CreateBounded<T>(options), site);

    public static Channel<T> CreateBounded<T>(BoundedChannelOptions options, Action<T>? itemDropped, LockCallSite site)
        => Known(Channel.CreateBounded(options, itemDropped), site);

    private static Channel<T> Known<T>(Channel<T> channel, LockCallSite site)
    {
        Signals.Made(channel.Reader, site);
        Signals.Share(channel.Reader, channel.Writer);
        return channel;
    }
}

/// <summary>Replacements for writing to a channel, which frees those who read from it. That a full channel keeps writers waiting is not looked at.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Channels.ChannelWriter`1")]
public static class ChannelWriterCalls
{
    public static bool TryWrite<T>(ChannelWriter<T> target, T item, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        return target.TryWrite(item);
    }

    public static ValueTask WriteAsync<T>(ChannelWriter<T> target, T item, CancellationToken cancellationToken, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        return target.WriteAsync(item, cancellationToken);
    }

    public static bool TryComplete<T>(ChannelWriter<T> target, Exception? error, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        return target.TryComplete(error);
    }

    public static void Complete<T>(ChannelWriter<T> target, Exception? error, LockCallSite site)
    {
        Signals.Find(target)?.Signal(site);
        target.Complete(error);
    }
}

/// <summary>
/// Replacements for reading from a channel. A wait that can be canceled is not stuck, and one with nothing held keeps nobody waiting; only the others are noted, in a
/// task that the caller awaits or blocks for. It counts as a wait also where an item happens to be there: on another run it may not be.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Channels.ChannelReader`1")]
public static class ChannelReaderCalls
{
    public static ValueTask<T> ReadAsync<T>(ChannelReader<T> target, CancellationToken cancellationToken, LockCallSite site)
        => Noted(target.ReadAsync(cancellationToken), WaitedFor(target, cancellationToken));

    public static ValueTask<bool> WaitToReadAsync<T>(ChannelReader<T> target, CancellationToken cancellationToken, LockCallSite site)
        => Noted(target.WaitToReadAsync(cancellationToken), WaitedFor(target, cancellationToken));

    public static IAsyncEnumerable<T> ReadAllAsync<T>(ChannelReader<T> target, CancellationToken cancellationToken, LockCallSite site)
        => !cancellationToken.CanBeCanceled && Signals.Find(target) is { } signal ? new Items<T>(target.ReadAllAsync(), signal, site) : target.ReadAllAsync(cancellationToken);

    private static SignalState? WaitedFor(object target, CancellationToken cancellationToken)
        => !cancellationToken.CanBeCanceled && Signals.Find(target) is { } signal && Session.Validator.HoldsAnything ? signal : null;

    private static ValueTask<TResult> Noted<TResult>(ValueTask<TResult> wait, SignalState? signal)
    {
        if (signal is null || wait.IsFaulted || wait.IsCanceled)
        {
            return wait;
        }

        Task<TResult> task = wait.IsCompleted ? Completed(wait.Result) : wait.AsTask();
        new TaskNote { Signal = signal }.Attach(task, isRecent: false);
        return new ValueTask<TResult>(task);
    }

    // A task of its own: those that the runtime has ready are shared.
    private static Task<TResult> Completed<TResult>(TResult result)
    {
        var source = new TaskCompletionSource<TResult>();
        source.SetResult(result);
        return source.Task;
    }

    private sealed class Items<T>(IAsyncEnumerable<T> items, SignalState signal, LockCallSite site) : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken)
            => cancellationToken.CanBeCanceled ? items.GetAsyncEnumerator(cancellationToken) : new Reading(items.GetAsyncEnumerator(cancellationToken), signal, site);

        private sealed class Reading(IAsyncEnumerator<T> inner, SignalState signal, LockCallSite site) : IAsyncEnumerator<T>
        {
            public T Current => inner.Current;

            public ValueTask<bool> MoveNextAsync()
            {
                signal.Wait(site);
                return inner.MoveNextAsync();
            }

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
