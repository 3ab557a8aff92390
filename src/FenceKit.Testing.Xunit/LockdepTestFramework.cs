// SPDX-License-Identifier: MIT
using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FenceKit.Testing;

/// <summary>The test framework of xunit 2.9, whose messages go through <see cref="LockdepMessageBus"/>. Made by xunit.</summary>
internal sealed class LockdepTestFramework(IMessageSink messageSink) : XunitTestFramework(messageSink)
{
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(AssemblyName assemblyName, ISourceInformationProvider sources, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(assemblyName, sources, diagnostics)
    {
        protected override async void RunTestCases(
            IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions)
        {
            using AssemblyRunner runner = new(TestAssembly, testCases, DiagnosticMessageSink, executionMessageSink, executionOptions);
            await runner.RunAsync().ConfigureAwait(false);
        }
    }

    private sealed class AssemblyRunner(
        ITestAssembly assembly,
        IEnumerable<IXunitTestCase> testCases,
        IMessageSink diagnostics,
        IMessageSink execution,
        ITestFrameworkExecutionOptions options) : XunitTestAssemblyRunner(assembly, testCases, diagnostics, execution, options)
    {
        protected override IMessageBus CreateMessageBus()
        {
            IMessageBus inner = base.CreateMessageBus();
            try
            {
                return new LockdepMessageBus(inner, LockdepTestRun.Default);
            }
            catch (InvalidOperationException switchedOff)
            {
                return new FailingMessageBus(inner, switchedOff);
            }
        }
    }
}
