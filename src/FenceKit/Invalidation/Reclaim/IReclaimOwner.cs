// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What a <see cref="ReclaimSweep"/> asks of the owner of the memory. Called on the sweep's thread, one range at a time.</summary>
public interface IReclaimOwner
{
    /// <summary>Phase B: the range is on its way out. It may be unmapped; nothing new may be mapped there.</summary>
    /// <param name="range">A range of the sweep.</param>
    void Park(AddressRange range);

    /// <summary>Nobody uses the range any more: it may be freed.</summary>
    /// <param name="range">A range of the sweep.</param>
    void Free(AddressRange range);

    /// <summary>
    /// Somebody still uses the range: it stays, for now. Not called when the range went with another session meanwhile
    /// (<see cref="ReclaimProgress.Superseded"/>).
    /// </summary>
    /// <param name="range">A range of the sweep.</param>
    void Restore(AddressRange range);
}
