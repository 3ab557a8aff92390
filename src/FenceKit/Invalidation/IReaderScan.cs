// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The readers of one gate, as a session sees them: it looks for them instead of calling a subscriber.</summary>
internal interface IReaderScan
{
    /// <summary>The name of the gate.</summary>
    string Name { get; }

    /// <summary>The readers as the validator knows them; null when the contract is not checked.</summary>
    object? ContractMap { get; }

    /// <summary>Whether the calling thread is inside.</summary>
    bool IsThisThreadInside { get; }

    /// <summary>Whether the point waits for the calling thread, exactly.</summary>
    bool IsWaitingForThisThread(ulong point);

    /// <summary>
    /// Before the process-wide barrier: a reader that leaves from here on comes to the lock and looks whether it was found. Followed by one
    /// <see cref="Scan"/>.
    /// </summary>
    void BeginScan();

    /// <summary>
    /// Phase A, after the process-wide barrier: finds the readers that are inside. The fence signals when the last of them has left;
    /// <c>default</c> when there are none.
    /// </summary>
    Fence Scan();

    /// <summary>Looks for the readers at a shutdown: nobody enters any more. The fence signals when the last reader has left.</summary>
    Fence Close();
}
