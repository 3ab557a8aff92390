// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Random operations on a timeline, compared after each step with a model that keeps everything in plain lists.</summary>
public class OutcomeModelTests
{
    [Theory]
    [InlineData(1, 11)]
    [InlineData(2, 12)]
    [InlineData(3, 13)]
    [InlineData(8, 14)]
    [InlineData(8, 15)]
    public void A_timeline_knows_what_a_naive_model_knows(int retainedFaults, int seed)
    {
        Random random = new(seed);
        Exception[] errors = [new InvalidOperationException("a"), new InvalidOperationException("b")];
        for (int run = 0; run < 40; run++)
        {
            FenceTimeline timeline = new("device", new FenceTimelineOptions { RetainedFaults = retainedFaults });
            Model model = new(retainedFaults);
            for (int step = 0; step < 60; step++)
            {
                Step(random, errors, timeline, model);
                for (int point = 0; point <= model.Issued; point++)
                {
                    (FenceStatus Status, Exception? Error) expected = model.Read(point);
                    FenceStatus status = timeline.GetFence((ulong)point).GetStatus(out Exception? error);
                    Assert.True(
                        expected == (status, error),
                        $"Seed {seed}, run {run}, step {step}: point {point} reads {status}, the model says {expected.Status}.");
                }
            }
        }
    }

    private static void Step(Random random, Exception[] errors, FenceTimeline timeline, Model model)
    {
        int choice = random.Next(100);
        if (choice < 40 || model.Issued == 0)
        {
            int count = random.Next(1, 4);
            timeline.Issue((ulong)count);
            model.Issued += count;
            return;
        }

        int point = random.Next(Math.Max(0, model.Completed - 1), model.Issued + 1);
        if (choice == 99)
        {
            Assert.Equal(!model.IsPoisoned, timeline.Poison(errors[0]));
            model.Poison(errors[0]);
        }
        else if (choice < 70)
        {
            Assert.Equal(model.Complete(point, null), timeline.Signal((ulong)point));
        }
        else
        {
            Exception error = errors[random.Next(errors.Length)];
            Assert.Equal(model.Complete(point, error), timeline.Signal((ulong)point, error));
        }
    }

    /// <summary>Keeps the true outcome of every point, and which faults a timeline with that little room can still remember.</summary>
    private sealed class Model(int retainedFaults)
    {
        private readonly List<Exception?> _truth = [null];           // of points 0.._truth.Count-1
        private readonly List<(int First, int Last, Exception Error)> _faults = [];
        private Exception? _poison;

        internal int Issued { get; set; }

        internal int Completed => _truth.Count - 1;

        internal bool IsPoisoned => _poison is not null;

        internal bool Complete(int point, Exception? error)
        {
            if (IsPoisoned || point <= Completed)
            {
                return false;
            }

            int first = Completed + 1;
            while (Completed < point)
            {
                _truth.Add(error);
            }

            if (error is not null)
            {
                if (_faults.Count > 0 && _faults[^1].Last == first - 1 && _faults[^1].Error == error)
                {
                    _faults[^1] = (_faults[^1].First, point, error);
                }
                else
                {
                    _faults.Add((first, point, error));
                }
            }

            return true;
        }

        internal void Poison(Exception error) => _poison ??= error;

        internal (FenceStatus Status, Exception? Error) Read(int point)
        {
            if (point > Completed)
            {
                return IsPoisoned ? (FenceStatus.Faulted, _poison) : (FenceStatus.Pending, null);
            }

            int forgotten = _faults.Count - retainedFaults;
            if (forgotten > 0 && point >= _faults[0].First && point <= _faults[forgotten - 1].Last)
            {
                return (FenceStatus.Retired, null);
            }

            return _truth[point] is { } error ? (FenceStatus.Faulted, error) : (FenceStatus.Signaled, null);
        }
    }
}
