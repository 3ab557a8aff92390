// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>Readers of a range that nobody touches, beside many who invalidate others: what they pay must not grow with them.</summary>
internal static class GrowthRows
{
    private const int Many = 10_000;
    private const ulong Spacing = 4096;
    private static readonly AddressRange s_untouched = new((Many + 10) * Spacing, (Many + 11) * Spacing);

    internal static IEnumerable<RatioRow> OfNotifiers()
    {
        Side one = new(open: 1);
        Side many = new(Many);
        Remembered remembered = new();
        return
        [
            new("notifier.read.open", many.BeginAndRetry, one.BeginAndRetry, 6, $"begin + retry of an untouched range, {Many:N0} sessions open", "the same, 1 session open"),
            new("notifier.remembered", remembered.BuildBeside, remembered.Build, 1.5, "a build of 40 ms beside 20,000 invalidations of others a second, until it is published", "the same build alone", Threads: 2),
        ];
    }

    internal static IEnumerable<RatioRow> OfGates()
    {
        Side one = new(open: 1);
        Side many = new(Many);
        return [new("gate.enter.open", many.Enter, one.Enter, 6, $"gate.Enter of an untouched range, {Many:N0} sessions open", "the same, 1 session open")];
    }

    /// <summary>A notifier with sessions that stay open for as long as the process lives.</summary>
    private sealed class Side
    {
        private readonly InvalidationNotifier _notifier = new("ratios");
        private readonly InvalidationSubscription _subscription;
        private readonly ReaderGate _gate;

        internal Side(int open)
        {
            _subscription = _notifier.Subscribe(AddressRange.All, new DoneAtOnce(), "reader");
            for (int index = 0; index < open; index++)
            {
                _notifier.TrySchedule(AddressRange.FromLength((ulong)index * Spacing, Spacing), InvalidationReason.Unmap, out _);
            }

            _gate = new ReaderGate(_notifier, AddressRange.All, "readers");
        }

        internal void BeginAndRetry(int count)
        {
            for (int i = 0; i < count; i++)
            {
                if (!_subscription.TryBeginRead(s_untouched, out InvalidationSequence sequence) || _subscription.MustRetry(sequence))
                {
                    throw new InvalidOperationException("Nobody touches the range.");
                }
            }
        }

        internal void Enter(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _gate.Enter(s_untouched).Dispose();
            }
        }
    }

    /// <summary>The ratio of the times is the number of tries.</summary>
    private sealed class Remembered
    {
        private const int InvalidationsASecond = 20_000;
        private static readonly TimeSpan s_build = TimeSpan.FromMilliseconds(40);
        private readonly InvalidationNotifier _notifier = new("ratios");
        private readonly InvalidationSubscription _subscription;
        private bool _runs;

        internal Remembered()
        {
            _subscription = _notifier.Subscribe(AddressRange.All, new DoneAtOnce(), "reader");
            new Thread(Invalidate) { IsBackground = true, Name = "owner" }.Start();
        }

        internal void Build(int count)
        {
            for (int i = 0; i < count; i++)
            {
                while (true)
                {
                    _subscription.BeginRead(s_untouched, Timeout.InfiniteTimeSpan, out InvalidationSequence sequence);
                    Thread.Sleep(s_build);
                    if (_subscription.TryPopulate(sequence, out PopulateScope scope))
                    {
                        scope.Dispose();
                        break;
                    }
                }
            }
        }

        internal void BuildBeside(int count)
        {
            Volatile.Write(ref _runs, true);
            Build(count);
            Volatile.Write(ref _runs, false);
        }

        private void Invalidate()
        {
            Random random = new(1);
            long began = 0;
            long done = 0;
            while (true)
            {
                Thread.Sleep(1);
                if (!Volatile.Read(ref _runs))
                {
                    began = 0;
                    continue;
                }

                if (began == 0)
                {
                    began = Stopwatch.GetTimestamp();
                    done = 0;
                }

                long due = (long)(Stopwatch.GetElapsedTime(began).TotalSeconds * InvalidationsASecond);
                for (; done < due; done++)
                {
                    AddressRange other = AddressRange.FromLength((ulong)random.Next(Many) * Spacing, Spacing);
                    _notifier.TrySchedule(other, InvalidationReason.Unmap, out InvalidationSession session);
                    session.Commit();
                }
            }
        }
    }

    private sealed class DoneAtOnce : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            return true;
        }
    }
}
