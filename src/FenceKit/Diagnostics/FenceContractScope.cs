// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// A section of code with rules of its own in the contract: a signaling section, a section under an owner's lock, or reclaim. It is bound to
/// its thread. It has no effect when the contract is not checked.
/// </summary>
[DebuggerDisplay("{_map}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A ref struct is never compared.")]
public ref struct FenceContractScope : IDisposable
{
    private readonly int _cookie;
    private object? _map;

    internal FenceContractScope(object map, int cookie)
    {
        _map = map;
        _cookie = cookie;
    }

    /// <summary>
    /// Ends the section. A second call does nothing. Sections that do not end in the reverse order of their beginning are reported.
    /// </summary>
    public void Dispose()
    {
        object? map = _map;
        _map = null;
        if (FenceContract.IsChecked && map is not null)
        {
            FenceAnnotations.EndScope(map, _cookie);
        }
    }
}
