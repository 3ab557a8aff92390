// SPDX-License-Identifier: MIT
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FenceKit.Testing;

/// <summary>
/// Fails an assembly at its end. A failure of its clean-up is what xunit has for that, but runners show no more of it than its first line; so it
/// is told as one more test, which stands beside the last one and has a name of its own.
/// </summary>
internal static class AssemblyEnd
{
    private const string Name = "What the lock validator says after the last test";

    /// <summary>Passes the message on.</summary>
    /// <param name="bus">Where to.</param>
    /// <param name="finished">The message.</param>
    /// <param name="failed">How many tests have failed that xunit has not counted.</param>
    /// <param name="failure">What fails the assembly; null for nothing.</param>
    internal static bool Queue(IMessageBus bus, ITestAssemblyFinished finished, int failed, Exception? failure)
    {
        int added = 0;
        if (failure is not null && finished.TestCases.LastOrDefault() is IXunitTestCase testCase)
        {
            added = 1;
            XunitTest test = new(testCase, Name);
            bus.QueueMessage(new TestStarting(test));
            bus.QueueMessage(new TestFailed(test, executionTime: 0, output: "", failure));
            bus.QueueMessage(new TestFinished(test, executionTime: 0, output: ""));
        }
        else if (failure is not null)
        {
            bus.QueueMessage(new TestAssemblyCleanupFailure(finished.TestCases, finished.TestAssembly, failure));
        }

        return bus.QueueMessage(new TestAssemblyFinished(
            finished.TestCases,
            finished.TestAssembly,
            finished.ExecutionTime,
            finished.TestsRun + added,
            finished.TestsFailed + failed + added,
            finished.TestsSkipped));
    }
}
