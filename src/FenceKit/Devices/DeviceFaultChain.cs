// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Finds the root cause in a chain of failures: commands that depend on each other fail in turn, and devices that share hardware are lost in
/// turn. Each error refers to the root cause and not to the error before it, so its size does not grow with the chain.
/// </summary>
internal static class DeviceFaultChain
{
    /// <summary>
    /// The cause to store in the error of a dependent command: skips the errors of commands, but not the loss of a device, so that the report
    /// names the device.
    /// </summary>
    /// <param name="fault">The error of the fence that the command depends on.</param>
    /// <param name="links">The number of commands that have failed for this cause, including the new one.</param>
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

    /// <summary>The cause to store in the error of a lost device: skips the errors of commands and of other devices.</summary>
    /// <param name="reason">The reason that was given for the loss.</param>
    /// <param name="links">The number of devices and commands that have failed for this cause, including the new one.</param>
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
