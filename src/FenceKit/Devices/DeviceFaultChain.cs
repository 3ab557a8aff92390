// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Commands that wait for each other fail one after the other, and devices that share hardware are lost one after the other. Each error
/// of such a chain refers to the cause itself, not to the error before it: so an error has one size, however long the chain is.
/// </summary>
internal static class DeviceFaultChain
{
    /// <summary>What a command fails with says what faulted first among commands; a lost device stays named.</summary>
    /// <param name="fault">The error of the fence that the command depends on.</param>
    /// <param name="links">How many commands have failed for it, the new one included.</param>
    internal static Exception? CauseForDependents(Exception? fault, out int links)
    {
        links = 1;
        while (fault is DeviceDependencyException { InnerException: { } cause } dependency)
        {
            links += dependency.Links;
            fault = cause;
        }

        return fault;
    }

    /// <summary>What a device was lost for, behind whatever other devices and commands failed for it before.</summary>
    /// <param name="reason">What the loser of the device says.</param>
    /// <param name="links">How many devices and commands have failed for it, the new one included.</param>
    internal static Exception CauseOfLoss(Exception reason, out int links)
    {
        links = 1;
        while (true)
        {
            switch (reason)
            {
                case DeviceDependencyException { InnerException: { } cause } dependency:
                    links += dependency.Links;
                    reason = cause;
                    break;
                case DeviceLostException { InnerException: { } cause } lost:
                    links += lost.Links;
                    reason = cause;
                    break;
                default:
                    return reason;
            }
        }
    }
}
