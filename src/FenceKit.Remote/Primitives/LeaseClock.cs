// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>By which clock of its machine a node measures its lease.</summary>
public enum LeaseClock
{
    /// <summary>
    /// The cheapest to read, a few nanoseconds. It lies behind by up to one tick of the kernel (1 to 16 milliseconds), which is taken off each lease.
    /// </summary>
    Coarse = 0,

    /// <summary>The clock of <see cref="TimeProvider"/>: exact; tens of nanoseconds a read.</summary>
    Monotonic = 1,

    /// <summary>
    /// One that goes on while the machine sleeps; tens of nanoseconds a read. For laptops, and for virtual machines that are suspended: there the others
    /// stand still while the owner's runs, and a node that wakes up would believe its lease.
    /// </summary>
    IncludingSuspend = 2,
}
