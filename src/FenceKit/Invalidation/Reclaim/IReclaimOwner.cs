// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The callbacks of a <see cref="ReclaimSweep"/> to the owner of the memory. Called on the sweep's thread, one range at a time.
/// </summary>
public interface IReclaimOwner
{
    /// <summary>Phase B: the range is being invalidated. It may be unmapped; nothing new may be mapped there.</summary>
    /// <param name="range">A range of the sweep.</param>
    void Park(AddressRange range);

    /// <summary>Frees a range that nobody uses any more.</summary>
    /// <param name="range">A range of the sweep.</param>
    void Free(AddressRange range);

    /// <summary>
    /// Restores a range that is still in use and stays for now. Not called when the range went with another session in the meantime
    /// (<see cref="ReclaimProgress.Superseded"/>).
    /// </summary>
    /// <param name="range">A range of the sweep.</param>
    void Restore(AddressRange range);
}
