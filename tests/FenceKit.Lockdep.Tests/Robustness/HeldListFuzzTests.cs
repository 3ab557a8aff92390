// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Robustness;

/// <summary>Random calls, right and wrong, against a plain list: whatever is reported, what is held is never in doubt.</summary>
public sealed class HeldListFuzzTests
{
    private const int Calls = 60_000;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void What_is_held_is_what_a_plain_list_says(int seed, bool sinkThrows)
    {
        var random = new Random(seed);
        var sink = new CollectingSink(capacity: 10);
        var validator = new LockValidator(new LockValidatorOptions
        {
            Sinks = sinkThrows ? [sink, LockViolationSink.Throwing] : [sink],
            CaptureStacks = false,
        });
        InterruptingContext context = validator.DefineContext("K");
        LockClass[] classes = [.. Enumerable.Range(0, 5).Select(static i => LockClass.Create($"c{i}"))];
        object[] locks =
        [
            .. Enumerable.Range(0, 8).Select(i => new LockMap(classes[i % 5])),
            .. Enumerable.Range(0, 4).Select(static _ => new object()),
        ];
        var model = new List<object>();
        int thrown = 0;
        for (int i = 0; i < Calls; i++)
        {
            object one = locks[random.Next(locks.Length)];
            int action = random.Next(12);
            try
            {
                switch (action)
                {
                    case 0 or 1 or 2 when model.Count < 12:
                        Acquire(validator, one, classes, random);
                        model.Add(one);
                        break;
                    case 3 or 4 or 5 or 6:
                        Forget(model, one);
                        validator.Release(one);
                        break;
                    case 7 when one is LockMap map:
                        model.RemoveAll(held => ReferenceEquals(held, one));
                        validator.Reinitialize(map);
                        break;
                    case 8:
                        validator.Downgrade(one);
                        break;
                    case 9 when one is LockMap map:
                        validator.ChangeClass(map, classes[random.Next(5)], random.Next(3));
                        break;
                    case 10:
#pragma warning disable FK0003 // A pin that stays is reported at the release; the hold ends all the same.
                        LockSectionScope pin = validator.Pin(one);
#pragma warning restore FK0003
                        if (random.Next(2) == 0)
                        {
                            pin.Dispose();
                        }

                        break;
                    case 11:
                        using (validator.EnterContext(context))
                        {
                            Acquire(validator, one, classes, random);
                            validator.Release(one);
                        }

                        break;
                    default:
                        break;
                }
            }
            catch (LockViolationException)
            {
                thrown++;
            }

            foreach (object each in locks)
            {
                Assert.Equal(model.Contains(each), validator.IsHeld(each));
            }
        }

        foreach (object held in model.AsEnumerable().Reverse().ToArray())
        {
            try
            {
                validator.Release(held);
            }
            catch (LockViolationException)
            {
                thrown++;
            }
        }

        validator.AssertNoneHeld();
        validator.CheckInvariants();
        Assert.True(sink.Dropped > 1000);
        Assert.Equal(sinkThrows, thrown > 0);
    }

    private static void Acquire(LockValidator validator, object one, LockClass[] classes, Random random)
    {
        var options = new LockAcquireOptions
        {
            Mode = (LockAcquireMode)random.Next(4),
            Attempt = (LockAttempt)random.Next(3),
            Subclass = random.Next(3),
        };
        if (one is LockMap map)
        {
            validator.Acquire(map, options);
        }
        else
        {
            validator.Acquire(classes[0], one, options, null);
        }
    }

    private static void Forget(List<object> model, object one)
    {
        int index = model.FindLastIndex(held => ReferenceEquals(held, one));
        if (index >= 0)
        {
            model.RemoveAt(index);
        }
    }
}
