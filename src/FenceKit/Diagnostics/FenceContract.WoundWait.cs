// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

public static partial class FenceContract
{
    /// <summary>The pseudo lock of one lock of a class of sets; null when off.</summary>
    internal static object? SetLockMap(string name) => IsChecked ? FenceAnnotations.SetLockMap(name) : null;

    /// <summary>The pseudo lock of a context of a class of sets; null when off.</summary>
    internal static object? SetContextMap(string name) => IsChecked ? FenceAnnotations.SetContextMap(name) : null;

    /// <summary>A rule of the lock itself was broken; an exception that says the same follows.</summary>
    internal static void ReportProtocol(object? map, string message)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.ReportProtocol(map, message);
        }
    }

    /// <summary>A lock is given back that the thread does not have; an exception that says the same follows.</summary>
    internal static void ReportNotHeld(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.ReportNotHeld(map);
        }
    }
}
