// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>The clock with which a node measures its lease.</summary>
public enum LeaseClock
{
    /// <summary>
    /// The cheapest clock, a few nanoseconds per read. It is behind by up to one tick of the kernel (1 to 16 milliseconds), which is
    /// subtracted from each lease.
    /// </summary>
    Coarse = 0,

    /// <summary>The clock of <see cref="TimeProvider"/>: exact; tens of nanoseconds per read.</summary>
    Monotonic = 1,

    /// <summary>
    /// A clock that also advances while the machine sleeps; tens of nanoseconds per read. For laptops, and for virtual machines that are
    /// suspended: there the other clocks stop while the owner's clock runs, and a node that wakes up would still rely on its lease.
    /// </summary>
    IncludingSuspend = 2,
}
