// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Reports;

/// <summary>No finding is eaten: sinks may come late, fail, or not be there. Alone, because standard error belongs to the process.</summary>
[Collection(Alone.Name)]
public sealed class LateSinkTests
{
    [Fact]
    public void A_sink_that_comes_after_the_first_lock_hears_of_what_is_found_from_then_on()
    {
        var early = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [early] });
        Break(validator, "before");
        var late = new CollectingSink();
        validator.AddSink(late);
        Break(validator, "while it is there");
        Assert.True(validator.RemoveSink(late));
        Assert.False(validator.RemoveSink(late));
        Break(validator, "after");
        Assert.Equal(3, early.Count);
        Assert.Contains("while it is there", Assert.Single(late.Violations).Message, StringComparison.Ordinal);
        Assert.Equal(3, validator.Violations.Count);
        Assert.Throws<ArgumentNullException>("sink", () => validator.AddSink(null!));
        Assert.Throws<ArgumentNullException>("sink", () => validator.RemoveSink(null!));
    }

    [Fact]
    public void The_default_validator_takes_sinks_when_it_is_in_use()
    {
        var sink = new CollectingSink();
        LockValidator.Default.AddSink(sink);
        Break(LockValidator.Default, "of the default");
        Assert.True(LockValidator.Default.RemoveSink(sink));
        Assert.Contains("of the default", Assert.Single(sink.Violations).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_sink_or_with_the_event_source_alone_findings_go_to_standard_error()
    {
        Assert.Contains("nobody listens", ErrorsOf(() => Break(new LockValidator(), "nobody listens")), StringComparison.Ordinal);
        var source = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.ToEventSource] });
        Assert.Contains("only a source", ErrorsOf(() => Break(source, "only a source")), StringComparison.Ordinal);
        var sink = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.ToEventSource, new CollectingSink()] });
        Assert.Equal("", ErrorsOf(() => Break(sink, "somebody listens")));
    }

    [Fact]
    public void A_sink_that_fails_does_not_reach_the_code_that_takes_the_lock_and_is_counted_and_told_once()
    {
        var other = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.ToCallback(static _ => throw new IOException("full")), other] });
        (LockMap a, LockMap b) = (new(LockClass.Create("A")), new(LockClass.Create("B")));
        string errors = ErrorsOf(() =>
        {
            Nest(validator, a, b);
            validator.Acquire(b);
            validator.Acquire(a); // the finding: the sink throws, the lock counts as held all the same
            Assert.True(validator.IsHeld(a));
            validator.Release(a);
            validator.Release(b);
            Break(validator, "again");
        });
        Assert.Equal(2, validator.Statistics.SinkFailures);
        Assert.Equal(2, other.Count);
        Assert.Single(errors.Split("A sink of FenceKit.Lockdep failed")[1..]);
        Assert.Contains("full", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void When_the_only_sink_fails_the_finding_goes_to_standard_error()
    {
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.ToCallback(static _ => throw new Speechless())] });
        Assert.Contains("not eaten", ErrorsOf(() => Break(validator, "not eaten")), StringComparison.Ordinal);
        Assert.Single(validator.Violations);
    }

    [Fact]
    public void A_finding_that_was_thrown_and_swallowed_is_still_known_at_the_end()
    {
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.Throwing] });
        Assert.Throws<LockViolationException>(() => Break(validator, "swallowed"));
        Assert.Contains("swallowed", Assert.Single(validator.Violations).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Findings_are_kept_up_to_a_bound_the_rest_is_counted_and_the_surest_come_first()
    {
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [new CollectingSink()], ViolationCapacity = 2 });
        (LockClass a, LockClass b) = (LockClass.Create("A"), LockClass.Create("B"));
        Nest(validator, new LockMap(a), new LockMap(b));
        Nest(validator, new LockMap(b), new LockMap(a)); // possible: other instances
        Break(validator, "certain");
        Break(validator, "one too many");
        Assert.Equal([LockConfidence.Certain, LockConfidence.Possible], validator.Violations.Select(static violation => violation.Confidence));
        Assert.Equal(1, validator.ViolationsDropped);
        Assert.Equal(LockConfidence.Certain, LockReport.Create(validator).Violations[0].Confidence);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LockValidator(new LockValidatorOptions { ViolationCapacity = -1 }));
    }

    private static string ErrorsOf(Action action)
    {
        TextWriter before = Console.Error;
        using var errors = new StringWriter();
        Console.SetError(errors);
        try
        {
            action();
        }
        finally
        {
            Console.SetError(before);
        }

        return errors.ToString();
    }

    private static void Break(LockValidator validator, string rule) =>
        validator.ReportProtocol(new LockMap(LockClass.Create("C")), $"The rule '{rule}' was broken.");

    private static void Nest(LockValidator validator, LockMap outer, LockMap inner)
    {
        validator.Acquire(outer);
        validator.Acquire(inner);
        validator.Release(inner);
        validator.Release(outer);
    }

    private sealed class Speechless : Exception
    {
        public override string Message => throw new NotSupportedException();

        public override string ToString() => throw new NotSupportedException();
    }
}
