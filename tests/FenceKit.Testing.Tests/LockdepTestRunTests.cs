// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Testing.Tests;

/// <summary>The plain part, without a test framework. Each test has a validator of its own.</summary>
public sealed class LockdepTestRunTests : IDisposable
{
    private readonly LockValidator _validator = new(new LockValidatorOptions { Sinks = [LockViolationSink.ToCallback(_ => { })] });
    private readonly string _folder = Directory.CreateTempSubdirectory("fencekit-testing-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_finding_fails_once_and_is_remembered()
    {
        LockdepTestRun run = Run();
        run.ThrowIfViolated();
        Invert("A", "B");

        UnexpectedViolationException failure = Assert.Throws<UnexpectedViolationException>(run.ThrowIfViolated);
        Assert.Same(Assert.Single(_validator.Violations), Assert.Single(failure.Violations));
        Assert.Contains(_validator.Violations[0].ToString(), failure.Message, StringComparison.Ordinal);
        run.ThrowIfViolated();
        Assert.Single(run.Unexpected);
    }

    [Fact]
    public void What_was_found_before_the_run_was_asked_for_fails_it_too()
    {
        Invert("A", "B");
        Assert.Throws<UnexpectedViolationException>(Run().ThrowIfViolated);
    }

    [Fact]
    public void A_validator_has_one_run() => Assert.Same(Run(), LockdepTestRun.Of(_validator));

    [Fact]
    public void What_was_thrown_at_the_lock_and_swallowed_fails_the_run_all_the_same()
    {
        LockdepTestRun run = Run();
        _validator.AddSink(LockViolationSink.Throwing);
        Assert.Throws<LockViolationException>(() => Invert("A", "B"));
        Assert.Throws<UnexpectedViolationException>(run.ThrowIfViolated);
    }

    [Fact]
    public void What_is_expected_fails_nobody()
    {
        LockdepTestRun run = Run();
        using (ExpectedViolation expected = run.ExpectViolation(LockViolationKind.CircularDependency, ["A", "B"]))
        {
            Invert("A", "B");
            Assert.Same(_validator.Violations[0], Assert.Single(expected.Found));
        }

        run.ThrowIfViolated();
        Assert.Empty(run.Unexpected);
    }

    [Fact]
    public void An_expectation_covers_what_it_names_and_nothing_else()
    {
        LockdepTestRun run = Run();
        using ExpectedViolation expected = run.ExpectViolation(LockViolationKind.CircularDependency, ["A", "B"]);
        Invert("A", "B");
        Invert("C", "D");
        Assert.Contains("C", Assert.Single(Assert.Throws<UnexpectedViolationException>(run.ThrowIfViolated).Violations).ClassNames);
    }

    [Fact]
    public void Kinds_are_told_apart()
    {
        LockdepTestRun run = Run();
        using ExpectedViolation expected = run.ExpectViolation(LockViolationKind.Recursion, ["A", "B"]);
        Invert("A", "B");
        Assert.Throws<UnexpectedViolationException>(run.ThrowIfViolated);
    }

    [Fact]
    public void After_its_scope_an_expectation_covers_nothing()
    {
        LockdepTestRun run = Run();
        using (run.ExpectViolation(LockViolationKind.CircularDependency, ["A", "B"]))
        {
            Invert("A", "B");
        }

        Invert("A", "C");
        Assert.Throws<UnexpectedViolationException>(run.ThrowIfViolated);
    }

    [Fact]
    public void What_was_expected_and_not_found_fails_the_run_with_its_place()
    {
        LockdepTestRun run = Run();
        run.ExpectViolation(LockViolationKind.CircularDependency, ["A", "B"]).Dispose();
        UnexpectedViolationException failure = Assert.Throws<UnexpectedViolationException>(run.ThrowIfViolated);
        Assert.Contains("CircularDependency of A, B (expected at LockdepTestRunTests.cs:", failure.Message, StringComparison.Ordinal);
        Assert.Empty(failure.Violations);
        Assert.Empty(failure.Attachments);
        run.ThrowIfViolated();
    }

    [Fact]
    public void The_same_finding_meets_a_second_expectation_although_it_is_reported_once()
    {
        LockdepTestRun run = Run();
        for (int i = 0; i < 2; i++)
        {
            using ExpectedViolation expected = run.ExpectViolation(LockViolationKind.CircularDependency, ["A", "B"]);
            Invert("A", "B");
        }

        run.ThrowIfViolated();
    }

    [Fact]
    public void An_expectation_that_comes_too_late_does_not_take_back_a_finding()
    {
        LockdepTestRun run = Run();
        Invert("A", "B");
        run.ExpectViolation(LockViolationKind.CircularDependency, ["A", "B"]).Dispose();
        Assert.Single(Assert.Throws<UnexpectedViolationException>(run.ThrowIfViolated).Violations);
    }

    [Fact]
    public void An_expectation_may_look_at_the_finding_itself()
    {
        LockdepTestRun run = Run();
        using ExpectedViolation expected = run.ExpectViolation("a sure circle", violation => violation.Confidence == LockConfidence.Certain);
        Invert("A", "B");
        run.ThrowIfViolated();
        Assert.Single(expected.Found);
    }

    [Fact]
    public void The_report_is_in_files_of_three_kinds()
    {
        LockdepTestRun run = Run();
        Invert("A", "B");
        UnexpectedViolationException failure = Assert.Throws<UnexpectedViolationException>(run.ThrowIfViolated);
        Assert.Equal([".txt", ".html", ".sarif"], failure.Attachments.Select(Path.GetExtension));
        Assert.All(failure.Attachments, file => Assert.Equal(_folder, Path.GetDirectoryName(file)));
        Assert.All(failure.Attachments, file => Assert.Contains(file, failure.Message, StringComparison.Ordinal));
        Assert.Contains("<html", File.ReadAllText(failure.Attachments[1]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_hides_no_finding()
    {
        LockdepTestRun run = Run();
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        run.AttachmentDirectory = Path.Combine(file, "below a file");
        Invert("A", "B");
        UnexpectedViolationException failure = Assert.Throws<UnexpectedViolationException>(run.ThrowIfViolated);
        Assert.Contains("Circular lock dependency", failure.Message, StringComparison.Ordinal);
        Assert.Contains("could not be written", failure.Message, StringComparison.Ordinal);
        Assert.Empty(failure.Attachments);
    }

    [Fact]
    public void Nothing_is_lost_where_many_threads_find_something()
    {
        LockdepTestRun run = Run();
        Parallel.For(0, 40, i => Invert($"A{i}", $"B{i}"));
        Assert.Equal(40, Assert.Throws<UnexpectedViolationException>(run.ThrowIfViolated).Violations.Count);
    }

    [Fact]
    public void Bad_arguments_are_told_at_once()
    {
        LockdepTestRun run = Run();
        Assert.Throws<ArgumentException>(() => run.ExpectViolation(LockViolationKind.Recursion, []));
        Assert.Throws<ArgumentException>(() => run.ExpectViolation(LockViolationKind.Recursion, [""]));
        Assert.Throws<ArgumentNullException>(() => run.ExpectViolation("something", null!));
        Assert.Throws<ArgumentNullException>(() => LockdepTestRun.Of(null!));
    }

    private LockdepTestRun Run()
    {
        LockdepTestRun run = LockdepTestRun.Of(_validator);
        run.AttachmentDirectory = _folder;
        return run;
    }

    private void Invert(string first, string second)
    {
        LockMap one = new(LockClass.Create(first));
        LockMap two = new(LockClass.Create(second));
        Take(one, two);
        Take(two, one);
    }

    private void Take(LockMap outer, LockMap inner)
    {
        _validator.Acquire(outer);
        try
        {
            _validator.Acquire(inner);
            _validator.Release(inner);
        }
        finally
        {
            _validator.Release(outer);
        }
    }
}
