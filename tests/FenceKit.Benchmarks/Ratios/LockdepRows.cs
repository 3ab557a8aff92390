// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit.Lockdep;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>The lock validator: tracked locks beside the bare lock, in the steady state, off and on.</summary>
internal static class LockdepRows
{
    private const int Depth = 8;
    private const int FewClasses = 10;
    private const int ManyClasses = 10_000;

    internal static IEnumerable<RatioRow> All() =>
    [
        new("lockdep.off", FirstTracked(), FirstBare(), 1.1, "TrackedLock enter + exit, validator off", "System.Threading.Lock enter + exit"),
        new("lockdep.off.wrapper", FirstTracked(), FirstWrapped(), 1.1, "TrackedLock enter + exit, validator off", "a class of one's own around a Lock, nothing else in it"),
        new("lockdep.on", FirstTracked(), FirstBare(), 2.0, "TrackedLock enter + exit, validator on, steady", "System.Threading.Lock enter + exit")
        {
            ValidatorOn = true,
        },
        new("lockdep.off.scope", ScopeTracked(), ScopeBare(), 1.1, "using (tracked.EnterScope()), validator off", "lock statement over System.Threading.Lock"),
        new("lockdep.on.scope", ScopeTracked(), ScopeBare(), 2.0, "using (tracked.EnterScope()), on, steady", "lock statement over System.Threading.Lock")
        {
            ValidatorOn = true,
        },
        new("lockdep.nested8", NestedTracked(Depth), NestedBare(Depth), 3.0, "8 nested TrackedLocks, validator on", "8 nested System.Threading.Locks")
        {
            ValidatorOn = true,
        },
        new("lockdep.classes", Lazily(static () => Known(ManyClasses)), Lazily(static () => Known(FewClasses)), 1.1, "2 nested, on, 10,000 classes known", "2 nested, on, 10 classes known")
        {
            ValidatorOn = true,
        },
        new(
            "lockdep.threads2",
            Lazily(static () => OnTwoThreads(static () => NestedTracked(2))),
            Lazily(static () => OnTwoThreads(static () => NestedBare(2))),
            1.2,
            "on, 2 threads with their own 2 nested locks ÷ 1 thread",
            "the same quotient of System.Threading.Lock",
            Threads: 2)
        {
            OursBase = NestedTracked(2),
            TheirsBase = NestedBare(2),
            ValidatorOn = true,
        },
        .. LockdepAsyncRows.All(),
    ];

    /// <summary>Two nested tracked locks of a validator that knows so many classes.</summary>
    internal static Action<int> Known(int classes)
    {
        LockValidator validator = new(new LockValidatorOptions { CaptureStacks = false });
        Teach(validator, classes);
        return NestedTracked(2, validator);
    }

    /// <summary>Nested bare locks, each pair counted once.</summary>
    internal static Action<int> NestedBare(int depth)
    {
        Lock[] locks = [.. Enumerable.Range(0, depth).Select(static _ => new Lock())];
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                foreach (Lock one in locks)
                {
                    one.Enter();
                }

                for (int j = locks.Length - 1; j >= 0; j--)
                {
                    locks[j].Exit();
                }
            }
        };
    }

    private static Action<int> NestedTracked(int depth, LockValidator? validator = null)
    {
        TrackedLock[] locks = [.. Enumerable.Range(0, depth).Select(index => new TrackedLock(LockClass.Create($"class {index}"), null, validator))];
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                foreach (TrackedLock one in locks)
                {
                    one.Enter();
                }

                for (int j = locks.Length - 1; j >= 0; j--)
                {
                    locks[j].Exit();
                }
            }
        };
    }

    private static Action<int> FirstBare()
    {
        Lock one = new();
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                one.Enter();
                one.Exit();
            }
        };
    }

    private static Action<int> FirstWrapped()
    {
        PlainWrapper one = new();
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                one.Enter();
                one.Exit();
            }
        };
    }

    private static Action<int> FirstTracked()
    {
        TrackedLock one = new(LockClass.Create("first"));
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                one.Enter();
                one.Exit();
            }
        };
    }

    private static Action<int> ScopeBare()
    {
        Lock one = new();
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                lock (one)
                {
                }
            }
        };
    }

    private static Action<int> ScopeTracked()
    {
        TrackedLock one = new(LockClass.Create("scope"));
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                using (one.EnterScope())
                {
                }
            }
        };
    }

    // Most processes measure one row of these; the others need not teach and start threads for it.
    private static Action<int> Lazily(Func<Action<int>> make)
    {
        Action<int>? made = null;
        return count => (made ??= make())(count);
    }

    // A second thread that stays, as in a program: it has walked its locks before.
    private static Action<int> OnTwoThreads(Func<Action<int>> make)
    {
        Action<int> own = make();
        Action<int> others = make();
        SemaphoreSlim begin = new(0);
        SemaphoreSlim end = new(0);
        int shared = 0;
        Thread other = new(() =>
        {
            while (true)
            {
                begin.Wait();
                others(shared);
                end.Release();
            }
        })
        { IsBackground = true, Name = "the other" };
        other.Start();
        return count =>
        {
            shared = count;
            begin.Release();
            own(count);
            end.Wait();
        };
    }

    // A chain of so many classes, each with its dependency on the next.
    private static void Teach(LockValidator validator, int classes)
    {
        LockMap? last = null;
        for (int i = 0; i < classes; i++)
        {
            LockMap map = new(LockClass.Create(string.Create(CultureInfo.InvariantCulture, $"known {i}")));
            if (last is not null)
            {
                validator.Acquire(last);
                validator.Acquire(map);
                validator.Release(map);
                validator.Release(last);
            }

            last = map;
        }
    }

    /// <summary>What any class costs that has a Lock in a field, since Lock cannot be derived from: one dependent load for each call.</summary>
    private sealed class PlainWrapper
    {
        private readonly Lock _lock = new();

        internal void Enter() => _lock.Enter();

        internal void Exit() => _lock.Exit();
    }
}
