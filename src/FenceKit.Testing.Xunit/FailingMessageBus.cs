// SPDX-License-Identifier: MIT
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FenceKit.Testing;

/// <summary>Fails an assembly that asked for the validator and has switched it off: its tests would pass for nothing.</summary>
internal sealed class FailingMessageBus(IMessageBus inner, Exception failure) : IMessageBus
{
    public bool QueueMessage(IMessageSinkMessage message) =>
        message is ITestAssemblyFinished finished ? AssemblyEnd.Queue(inner, finished, failed: 0, failure) : inner.QueueMessage(message);

    public void Dispose() => inner.Dispose();
}
