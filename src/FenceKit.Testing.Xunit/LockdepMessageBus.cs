// SPDX-License-Identifier: MIT
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FenceKit.Testing;

/// <summary>
/// Between the tests and the runner that counts them. A test that ends while something is pending has failed, with the report; what comes after the last
/// test fails the assembly. Called on the threads of the tests, at the moment things happen.
/// </summary>
internal sealed class LockdepMessageBus(IMessageBus inner, LockdepTestRun run) : IMessageBus
{
    private int _failed; // of those that passed by themselves

    public bool QueueMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestStarting starting:
                run.TestStarted(starting.Test.DisplayName);
                break;
            case ITestPassed passed when run.TakeFailure() is { } failure:
                Interlocked.Increment(ref _failed);
                message = new TestFailed(passed.Test, passed.ExecutionTime, passed.Output, failure);
                break;
            case ITestFailed failed when run.TakeFailure() is { } failure:
                message = new TestFailed(
                    failed.Test,
                    failed.ExecutionTime,
                    failed.Output,
                    failed.ExceptionTypes,
                    [$"{failed.Messages[0]}{Environment.NewLine}{Environment.NewLine}Besides: {failure.Message}", .. failed.Messages[1..]],
                    failed.StackTraces,
                    failed.ExceptionParentIndices);
                break;
            case ITestFinished finished:
                run.TestFinished(finished.Test.DisplayName);
                break;
            case ITestAssemblyFinished finished:
                return AssemblyEnd.Queue(inner, finished, Volatile.Read(ref _failed), run.TakeFailure());
            default:
                break;
        }

        return inner.QueueMessage(message);
    }

    public void Dispose() => inner.Dispose();
}
