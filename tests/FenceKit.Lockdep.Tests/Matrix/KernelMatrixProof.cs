// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>Counts what the other classes of the suite run, and runs it all once more so that the figures cannot be those of an older run.</summary>
[Trait("Suite", "KernelMatrix")]
public sealed class KernelMatrixProof
{
    private const int OtherCases = 4;
    private const int OtherReports = 1;

    [Fact]
    public void All_395_cases_are_there_and_pass()
    {
        MatrixCase[] cases =
        [
            .. MatrixCases.Order(), .. MatrixCases.Readers(), .. MatrixCases.ThreeReaders(), .. MatrixCases.Contexts(),
            .. MatrixCases.ReadRecursion(), .. MatrixCases.Newer(),
        ];
        Assert.Equal(cases.Length, cases.DistinctBy(static one => one.ToString()).Count());
        int passed = 0;
        foreach (MatrixCase one in cases)
        {
            MatrixJudge.Check(one, threadPerEvent: false);
            MatrixJudge.Check(one, threadPerEvent: true);
            passed++;
        }

        // Each of these is one event, so a thread per event is a thread for the case.
        WoundWaitMatrixTests.CheckAll();
        Bench.OnNewThread(WoundWaitMatrixTests.CheckAll);
        WaitTypeMatrixTests.CheckAll();
        Bench.OnNewThread(WaitTypeMatrixTests.CheckAll);
        passed += WoundWaitMatrixTests.Count + WaitTypeMatrixTests.Count + OtherCases;
        int mustReport = cases.Count(static one => one.Report is not null) + WoundWaitMatrixTests.MustReport + WaitTypeMatrixTests.Reports + OtherReports;
        int total = cases.Length + WoundWaitMatrixTests.Count + WaitTypeMatrixTests.Count + OtherCases;

        Assert.Equal(395, total);
        Assert.Equal(total, passed);
        Assert.Equal(250, mustReport);
        Proof.Write("kernel-matrix", new { cases = total, passed, mustReport, mustNotReport = total - mustReport });
    }
}
