// SPDX-License-Identifier: MIT
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FenceKit.Testing;

/// <summary>Fails an assembly that asked for the validator and has switched it off: its tests would pass for nothing.</summary>
internal sealed class FailingMessageBus(IMessageBus inner, Exception failure) : IMessageBus
{
    public bool QueueMessage(IMessageSinkMessage message)
    {
        if (message is ITestAssemblyFinished finished)
        {
            inner.QueueMessage(new TestAssemblyCleanupFailure(finished.TestCases, finished.TestAssembly, failure));
        }

        return inner.QueueMessage(message);
    }

    public void Dispose() => inner.Dispose();
}
