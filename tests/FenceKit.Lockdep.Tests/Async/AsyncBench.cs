// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Tests.Async;

/// <summary>A validator of its own with asynchronous locks by letter: A1 and A2 are two locks of class A.</summary>
internal sealed class AsyncBench
{
    private readonly Dictionary<string, TrackedAsyncLock> _locks = [];
    private readonly Dictionary<string, LockClass> _classes = [];

    public AsyncBench(params LockViolationSink[] sinks)
        => Validator = new LockValidator(new LockValidatorOptions { Sinks = [Sink, .. sinks] });

    public CollectingSink Sink { get; } = new();

    public LockValidator Validator { get; }

    public IReadOnlyList<LockViolation> Reports => Sink.Violations;

    public IEnumerable<string> Edges => Validator.GetDependencies().Select(static edge => edge.ToString());

    public TrackedAsyncLock this[string name]
    {
        get
        {
            lock (_locks)
            {
                if (!_locks.TryGetValue(name, out TrackedAsyncLock? one))
                {
                    _locks.Add(name, one = new TrackedAsyncLock(Class(name.TrimEnd('1', '2', '3')), name, Validator));
                }

                return one;
            }
        }
    }

    public LockClass Class(string name)
    {
        lock (_classes)
        {
            if (!_classes.TryGetValue(name, out LockClass? one))
            {
                _classes.Add(name, one = LockClass.Create(name));
            }

            return one;
        }
    }

    public LockViolation Single(LockViolationKind kind)
    {
        LockViolation report = Assert.Single(Reports);
        Assert.Equal(kind, report.Kind);
        return report;
    }

    [ThreadStatic]
    private static List<Action>? t_later; // what goes on when this thread has nothing else to do; null for a thread that is not ours

    /// <summary>Goes on with another thread than the one that awaits: a new one each time.</summary>
    public static Hop HopAsync() => default;

    /// <summary>The same, but only when all that runs on the thread is suspended: whoever has called the method awaits it by then, if he does. Come here by <see cref="HopAsync"/>.</summary>
    public static Hop HopLaterAsync() => new(isLate: true);

    internal readonly struct Hop(bool isLate) : ICriticalNotifyCompletion
    {
        private readonly bool _isLate = isLate;

        public bool IsCompleted => false;

        public Hop GetAwaiter() => this;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            if (_isLate)
            {
                (t_later ?? throw new InvalidOperationException("Come here by HopAsync.")).Add(continuation);
            }
            else
            {
                GoOn(continuation);
            }
        }

        public void GetResult()
        {
        }

        // As a pool would: the thread has no context of its own.
        private static void GoOn(Action continuation) => new Thread(() =>
        {
            t_later = [];
            continuation();
            t_later.ForEach(GoOn);
        })
        { IsBackground = true }.UnsafeStart();
    }
}
