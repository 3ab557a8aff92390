// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The readers of one gate. A session scans them where it calls other subscribers.</summary>
internal interface IReaderScan
{
    /// <summary>The name of the gate.</summary>
    string Name { get; }

    /// <summary>The validator's map of the readers; null when the contract is not checked.</summary>
    object? ContractMap { get; }

    /// <summary>Whether the calling thread is inside the gate.</summary>
    bool IsThisThreadInside { get; }

    /// <summary>Whether the fence with this point waits for the calling thread. The answer is exact.</summary>
    bool IsWaitingForThisThread(ulong point);

    /// <summary>
    /// Called before the process-wide barrier. From here on a reader that leaves takes the lock and checks whether a scan found it inside.
    /// Each call is followed by one <see cref="Scan"/>.
    /// </summary>
    void BeginScan();

    /// <summary>
    /// Called in phase A, after the process-wide barrier: finds the readers that are inside. The returned fence signals when the last of
    /// them has left; it is <c>default</c> when there are none.
    /// </summary>
    Fence Scan();

    /// <summary>
    /// Closes the gate to new readers, at a shutdown, and finds those that are inside. The returned fence signals when the last of them has
    /// left.
    /// </summary>
    Fence Close();
}
