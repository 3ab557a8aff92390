// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>Runs a case and compares what was reported with what must be.</summary>
internal static class MatrixJudge
{
    public static void Check(MatrixCase one, bool threadPerEvent)
    {
        // The columns of the kernel that differ only in the kind of lock take the other way in: objects instead of maps.
        bool useObjects = one.Name.Contains("mutex", StringComparison.Ordinal) && !one.Name.StartsWith("init held", StringComparison.Ordinal);
        var runner = new ScenarioRunner(one.Default, useObjects, queuedReaders: false, "L");
        runner.Define('H');
        runner.Define('S', 'H');
        Run(runner, one, threadPerEvent);
        Judge(runner, one);
    }

    public static void Run(ScenarioRunner runner, MatrixCase one, bool threadPerEvent)
    {
        foreach (string line in one.Events)
        {
            if (!threadPerEvent)
            {
                runner.Run(line);
                continue;
            }

            Exception? failure = null;
            var thread = new Thread(() =>
            {
                try
                {
                    runner.Run(line);
                }
                catch (Exception exception)
                {
                    failure = exception;
                }
            });
            thread.Start();
            thread.Join();
            Assert.Null(failure);
        }
    }

    public static void Judge(ScenarioRunner runner, MatrixCase one)
    {
        IReadOnlyList<LockViolation> reports = runner.Sink.Violations;
        if (one.Report is not { } kind)
        {
            Assert.Empty(reports);
            Assert.Equal(one.Edges, runner.Edges);
        }
        else
        {
            LockViolation report = Assert.Single(reports);
            Assert.Equal(kind, report.Kind);
            string named = string.Concat(report.ClassNames.Order(StringComparer.Ordinal));
            if (one.Report == LockViolationKind.ContextInversion)
            {
                Assert.Contains(named, one.Names.Select(static names => string.Concat(names.Order())));
            }
            else if (one.Names.Length > 0)
            {
                Assert.Equal(string.Concat(one.Names.Order(StringComparer.Ordinal)), named);
            }
        }

        runner.Validator.CheckInvariants();
        StillWorks(runner);
    }

    // The kernel's validator switches itself off at the first report; this one must go on.
    private static void StillWorks(ScenarioRunner runner)
    {
        runner.Sink.Clear();
        runner.Run("+Late1 +Later1 -Later1 -Late1");
        runner.Run("+Later1:W +Late1:W -Late1 -Later1");
        runner.Run("+Late1:W +Later1:W -Later1 -Late1");
        Assert.Equal(LockViolationKind.CircularDependency, Assert.Single(runner.Sink.Violations).Kind);
    }
}
