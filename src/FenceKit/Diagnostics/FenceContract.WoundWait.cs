// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

public static partial class FenceContract
{
    /// <summary>Creates the lock map of a wound-wait lock; null while the contract is not checked.</summary>
    internal static object? SetLockMap(string name) => IsChecked ? FenceAnnotations.SetLockMap(name) : null;

    /// <summary>Creates the lock map of a wound-wait context; null while the contract is not checked.</summary>
    internal static object? SetContextMap(string name) => IsChecked ? FenceAnnotations.SetContextMap(name) : null;

    /// <summary>Reports a misuse of a wound-wait lock or context. The caller throws an exception with the same message.</summary>
    internal static void ReportProtocol(object? map, string message)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.ReportProtocol(map, message);
        }
    }

    /// <summary>Reports the release of a lock that is not held. The caller throws an exception.</summary>
    internal static void ReportNotHeld(object? map)
    {
        if (IsChecked && map is not null)
        {
            FenceAnnotations.ReportNotHeld(map);
        }
    }
}
