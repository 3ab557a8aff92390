// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Reports;

public sealed class SinkTests
{
    [Fact]
    public void A_callback_gets_the_report_on_the_thread_that_found_it_and_under_no_internal_lock()
    {
        LockValidator? validator = null;
        (int Thread, int Dependencies) seen = default;
        validator = new LockValidator(new LockValidatorOptions
        {
            Sinks = [LockViolationSink.ToCallback(_ =>
            {
                // The graph is read under the validator's own lock: by another thread, or this would only show that it is reentrant.
                Bench.OnNewThread(() => seen.Dependencies = validator!.GetDependencies().Count);
                seen.Thread = Environment.CurrentManagedThreadId;
            })],
        });
        Nest(validator, "A", "B");
        Assert.Equal((Environment.CurrentManagedThreadId, 2), seen);
    }

    [Fact]
    public void A_file_gets_every_report_whole_though_eight_threads_write()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.ToFile(path)], CaptureStacks = false });
            using var start = new Barrier(8);
            Thread[] threads = [.. Enumerable.Range(0, 8).Select(number => new Thread(() =>
            {
                start.SignalAndWait();
                for (int i = 0; i < 10; i++)
                {
                    validator.ReportProtocol(new LockMap(LockClass.Create($"T{number}R{i}")), $"rule {number}.{i} was broken.");
                }
            }))];
            Array.ForEach(threads, static thread => thread.Start());
            Array.ForEach(threads, static thread => thread.Join());
            string[] lines = File.ReadAllLines(path);
            Assert.Equal(80, lines.Count(static line => line == "Broken lock protocol (certain)"));
            Assert.Equal(80, lines.Where(static line => line.StartsWith("  rule ", StringComparison.Ordinal)).Distinct().Count());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_counted_and_the_lock_is_taken_all_the_same()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.ToFile(folder)] });
            (LockMap a, LockMap b) = (new(LockClass.Create("A")), new(LockClass.Create("B")));
            validator.Acquire(a);
            validator.Acquire(b);
            validator.Release(b);
            validator.Release(a);
            validator.Acquire(b);
            validator.Acquire(a);
            Assert.True(validator.IsHeld(a));
            Assert.Equal(1, validator.Statistics.SinkFailures);
            Assert.Single(validator.Violations);
            validator.Release(a);
            validator.Release(b);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [Theory]
    [InlineData("certain", true)]
    [InlineData("possible", false)]
    public async Task A_certain_report_ends_the_process_with_the_report_and_a_possible_one_does_not(string confidence, bool ends)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(SinkTests).Assembly.Location);
        start.ArgumentList.Add(FailFastProgram.Argument);
        start.ArgumentList.Add(confidence);
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        using CancellationTokenSource over = new(TimeSpan.FromSeconds(60));
        try
        {
            await child.WaitForExitAsync(over.Token);
        }
        catch (OperationCanceledException)
        {
            child.Kill();
            Assert.Fail("The child did not end.");
        }

        Assert.Equal(ends, child.ExitCode != 0);
        Assert.Equal(!ends, (await output).Contains(FailFastProgram.StillHere, StringComparison.Ordinal));
        Assert.Equal(ends, (await errors).Contains("Circular lock dependency (certain)", StringComparison.Ordinal));
    }

    private static void Nest(LockValidator validator, string first, string second)
    {
        (LockMap a, LockMap b) = (new(LockClass.Create(first)), new(LockClass.Create(second)));
        foreach ((LockMap outer, LockMap inner) in ((LockMap, LockMap)[])[(a, b), (b, a)])
        {
            validator.Acquire(outer);
            validator.Acquire(inner);
            validator.Release(inner);
            validator.Release(outer);
        }
    }
}
