// SPDX-License-Identifier: MIT
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace FenceKit.Conformance.Tests;

/// <summary>ILGPU's CPU accelerator: one for all tests, since each would compile the kernel anew. It lives as long as the process.</summary>
internal static class IlgpuAccelerator
{
    private static readonly Lazy<Accelerator> s_cpu = new(static () => Context.Create(static builder => builder.CPU()).CreateCPUAccelerator(0));

    internal static Accelerator Cpu => s_cpu.Value;
}
