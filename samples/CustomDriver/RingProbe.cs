// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using FenceKit.Samples.CustomDriver.Linux;

namespace FenceKit.Samples.CustomDriver;

/// <summary>Tries io_uring once, harmlessly: an answer from the kernel is worth more than its version number.</summary>
internal static class RingProbe
{
    internal static bool IsRequired(string? list) =>
        (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Contains("uring");

    /// <summary>Says why the sample does not run.</summary>
    /// <returns>Whether that is an error.</returns>
    internal static bool Refuse(string reason, string? required, TextWriter output, TextWriter error)
    {
        bool isError = IsRequired(required);
        (isError ? error : output).WriteLine($"custom-driver: io_uring cannot be used here: {reason}");
        return isError;
    }

    /// <summary>Why io_uring cannot be used here; null if it can.</summary>
    internal static string? WhyNot()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            return "it needs Linux on x64 or arm64";
        }

        try
        {
            using PageBuffer memory = new(DataSource.PageSize);
            using Ring ring = new(2, 1);
            ring.SetBuffer(0, memory.Address, (nuint)memory.Length);
            return null;
        }
        catch (IOException refused)
        {
            return refused.Message;
        }
    }
}
