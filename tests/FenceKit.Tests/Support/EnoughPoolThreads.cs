// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit.Tests;

/// <summary>
/// Some tests block threads of the pool on purpose, and others run beside them. The pool adds a thread only about twice a second, so on a
/// machine with two cores the others would wait for that.
/// </summary>
internal static class EnoughPoolThreads
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "A test assembly is a program.")]
    internal static void Provide()
    {
        ThreadPool.GetMinThreads(out _, out int completionPorts);
        ThreadPool.SetMinThreads(32, completionPorts);
    }
}
